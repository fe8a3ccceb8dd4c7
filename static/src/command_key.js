// @ts-check
// The key for commands.

import {findAll, setText} from "./dom.js";

/** showCommandKey writes the key of Apple's keyboards instead of Ctrl. */
export function showCommandKey() {
	if (!/Mac|iPhone|iPad/.test(navigator.platform)) return;
	for (const key of findAll("[data-ctrl]")) setText(key, "⌘");
}
