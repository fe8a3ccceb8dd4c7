// @ts-check
// The settings: how the ring sounds, and whether this browser may show
// notifications.

import {find, get, setText} from "./dom.js";
import {ring} from "./ring_sound.js";

/** startSettings prepares both. */
export function startSettings() {
	const sample = find("[data-try]"), permit = find("#permit");
	if (!sample || !permit) return;

	sample.hidden = false;
	sample.addEventListener("click", () => {
		/** @type {HTMLInputElement} */
		const volume = get("[name=volume]");
		ring(Number(volume.value));
	});

	/** @type {HTMLInputElement} */
	const wanted = get("[name=notify]");
	const button = get("button", permit);

	const show = () => {
		const state = window.Notification?.permission ?? "missing";
		permit.hidden = !wanted.checked;
		setText(find("span", permit), permit.dataset[state] ?? "");
		button.hidden = state !== "default";
	};

	const ask = async () => {
		if (wanted.checked && window.Notification?.permission === "default") await Notification.requestPermission();
		show();
	};

	wanted.addEventListener("change", ask);
	button.addEventListener("click", ask);
	show();
}
