// @ts-check
// Asks once in a browser whether to show notifications, when the browser has not
// been asked yet: as the page opens, so that nothing moves later.

import {connectionProblem} from "./connection.js";
import {closest, find} from "./dom.js";
import {request} from "./request.js";

const stored = "callboard-ring-asked";

function mayAsk() {
	try {
		return window.Notification?.permission === "default" && !localStorage.getItem(stored);
	} catch {
		return false;
	}
}

/** startNotificationPrompt shows the question. */
export function startNotificationPrompt() {
	const prompt = find("#ring-ask");
	if (!prompt) return;
	prompt.hidden = !mayAsk() || connectionProblem() !== "";
	prompt.addEventListener("click", async e => {
		/** @type {HTMLButtonElement | null} */
		const button = closest(e.target, "button");
		if (!button?.value) return;
		prompt.hidden = true;
		try { localStorage.setItem(stored, "1"); } catch { /* asked again next time */ }
		if (button.value !== "yes" || await Notification.requestPermission() !== "granted") return;
		await request("/settings/toggle", {method: "POST", headers: {Accept: "application/json"}, body: new URLSearchParams({notify: "true"})}).catch(() => null);
	});
}
