// @ts-check
// Preferences that take effect here at once, wherever the member changes them.

import {find} from "./dom.js";
import {request} from "./request.js";

/**
 * showTheme gives the page a theme.
 * @param {string} theme "" for that of the system
 */
export function showTheme(theme) {
	const root = document.documentElement;
	if (theme) root.dataset.theme = theme;
	else delete root.dataset.theme;
}

/**
 * setPreference saves a preference and shows what it changes. It returns why it was
 * not saved, "" if it was.
 * @param {string} name "theme", "lang" or "density"
 * @param {string} value
 */
export async function setPreference(name, value) {
	try {
		const answer = await request("/settings/toggle", {method: "POST", body: new URLSearchParams({[name]: value}), headers: {Accept: "application/json"}});
		if (!answer.ok) return (await answer.json()).error.message;
	} catch (e) {
		return /** @type {Error} */ (e).message;
	}
	const preferences = find("#preferences");
	if (preferences) preferences.dataset[name] = value;
	if (name === "theme") showTheme(value);
	if (name === "lang") location.reload();
	document.dispatchEvent(new Event("preference:changed"));
	return "";
}
