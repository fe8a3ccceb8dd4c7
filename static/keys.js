// The keyboard: j and k go from call to call, a letter presses the button that
// bears it. Comes after app.js.
"use strict";
(() => {
	const {$, all} = window.callboard;
	const typing = e => e.target.closest?.("input, select, textarea, audio, [contenteditable]");

	// undo takes back hanging up: of the row with the focus, else what was begun
	// last. It tells whether there was something.
	function undo(here) {
		const begun = chip => Number(chip.previousElementSibling?.dataset.at);
		const form = here && $(".undo", here) || all(".rows .undo").sort((a, b) => begun(b) - begun(a))[0];
		form?.requestSubmit();
		return Boolean(form);
	}

	// step goes n rows on, or to the first or last.
	function step(rows, here, n) {
		const next = here ? rows.indexOf(here) + n : n > 0 ? 0 : rows.length - 1;
		rows[next]?.focus();
		rows[next]?.scrollIntoView({block: "nearest"});
	}

	// press clicks the button of a key, and tells whether there is one.
	function press(here, key, shiftKey) {
		const act = here && $(`.act[data-key="${key}"]`, here) || $(`.head [data-key="${key}"]`);
		act?.dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true, shiftKey}));
		return Boolean(act);
	}

	// obey does what a key says, and tells whether it says anything.
	function obey(key, shift, target) {
		const here = document.activeElement?.closest?.("#board .row");
		switch (true) {
		case key === "j" || key === "k":
			step(all("#board .row").filter(row => row.offsetParent), here, key === "j" ? 1 : -1);
			return true;
		case key === "u" || key === "Escape":
			return undo(here);
		case key === "?" && Boolean($("#keys")):
			$("#keys").showModal();
			return true;
		case key === "Enter" && target === here:
			$(".act", here)?.focus();
			return true;
		case key === "X" && shift:
			return press(here, "x", true);
		default:
			return /^[a-z]$/.test(key) && press(here, key, false);
		}
	}

	const single = e => e.key.length === 1 && $("#choices")?.dataset.keys === "off";

	document.addEventListener("keydown", e => {
		if (single(e)) return; // turned off in the settings
		if (e.ctrlKey || e.metaKey || e.altKey || e.repeat && !"jk".includes(e.key) || typing(e) || $("dialog[open]")) return;
		if (obey(e.key, e.shiftKey, e.target)) e.preventDefault();
	});
})();
