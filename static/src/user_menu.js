// @ts-check
// The menu on the member's name: what the page lacks of it comes when it is opened,
// and what is chosen counts at once.

import {closest, find, findAll, get, parse, setText} from "./dom.js";
import {setPreference} from "./preference.js";
import {request} from "./request.js";

/** @param {HTMLElement} menu */
async function fill(menu) {
	const place = get(":scope > div", menu), hadFocus = document.activeElement;
	try {
		const answer = await request(menu.dataset.menu ?? "", {headers: {"HX-Request": "true"}});
		if (!answer.ok || place.contains(hadFocus)) return;
		place.replaceChildren(...parse(await answer.text()).body.childNodes);
	} catch {
		// what the page has works, too
	}
}

/** @param {HTMLButtonElement} button */
async function choose(button) {
	const row = /** @type {Element} */ (button.parentElement), status = find("[role=status]", /** @type {Element} */ (button.form));
	setText(status, "");
	const fault = await setPreference(button.name, button.value);
	if (!fault) for (const b of findAll("button", row)) b.ariaPressed = String(b === button);
	setText(status, fault);
}

/** startUserMenu prepares it. */
export function startUserMenu() {
	/** @type {HTMLDetailsElement | null} */
	const menu = find("details.me");
	if (!menu) return;
	menu.addEventListener("toggle", () => { if (menu.open) fill(menu); });
	menu.addEventListener("submit", e => {
		/** @type {HTMLButtonElement | null} */
		const button = closest(/** @type {SubmitEvent} */ (e).submitter, ".choice button");
		if (!button) return;
		e.preventDefault();
		choose(button);
	});
	menu.addEventListener("click", e => { if (closest(e.target, "nav a")) menu.open = false; });
	if (menu.open) fill(menu);
}
