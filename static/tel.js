// Handing tel: links on to Callboard: asked for on the page of settings, by a
// click. The browser asks once more itself, and a link then only opens the
// dialog of a new call.
"use strict";
(() => {
	const button = document.querySelector("[data-tel]"), said = document.querySelector("[data-tel-done]");
	if (!button || !navigator.registerProtocolHandler) return;
	button.hidden = false;
	document.querySelector("[data-tel-without]").hidden = true;
	button.addEventListener("click", () => {
		try {
			navigator.registerProtocolHandler("tel", location.origin + button.dataset.tel);
			said.textContent = said.dataset.telDone;
		} catch {
			said.textContent = said.dataset.telFailed;
		}
	});
})();
