// @ts-check
// Dialogs with a choice of calls: none is chosen before the member chooses it.

import {closest, find, findAll} from "./dom.js";

/** @param {ParentNode} form */
const boxesOf = form => /** @type {HTMLInputElement[]} */ (findAll("[data-some] input", form));

/** @param {ParentNode | null} form */
function updateButtons(form) {
	/** @type {HTMLButtonElement | null} */
	const send = form && find("[data-needs-some]", form);
	if (!form || !send) return;
	const boxes = boxesOf(form), every = find("[data-check-all]", form);
	send.disabled = !boxes.some(b => b.checked);
	if (every) every.hidden = boxes.length < 2;
}

/** startCallSelection keeps the buttons of such dialogs up to date. */
export function startCallSelection() {
	document.addEventListener("change", e => {
		if (closest(e.target, "[data-some]")) updateButtons(/** @type {HTMLInputElement} */ (e.target).form);
	});
	document.addEventListener("click", e => {
		/** @type {HTMLButtonElement | null} */
		const every = closest(e.target, "[data-check-all]");
		if (!every?.form) return;
		const boxes = boxesOf(every.form), on = !boxes.every(b => b.checked);
		for (const b of boxes) b.checked = on;
		updateButtons(every.form);
	});
	document.addEventListener("dialog:shown", e => updateButtons(/** @type {Element} */ (e.target)));
	/** @type {HTMLFormElement | null} */
	const alone = find(".alone form:has([data-some])");
	updateButtons(alone);
}
