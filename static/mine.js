// The board with the reader's own calls only. The rows of others stay in the
// page and are hidden by a rule, so that nothing flickers when they change.
// Comes after app.js.
"use strict";
(() => {
	const {$, all, word, put} = window.callboard;
	const live = $("#live"), form = $("#mine"), note = $("#mine-hidden");
	if (!live || !form) return;

	const button = $("button", form), own = `.row[data-who~="${CSS.escape(word("me"))}"]`;
	const sheet = new CSSStyleSheet();
	sheet.insertRule(`#live[data-mine] .row:not(${own}), #live[data-mine] .sec:not(:has(${own})) { display: none !important }`);
	document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

	// tell says how many rows are hidden, and how many there are to be seen.
	function tell() {
		const on = live.hasAttribute("data-mine"), n = on ? all(`.row:not(${own})`, live).length : 0;
		note.hidden = !on;
		put(note, [note.dataset.none, note.dataset.one][n] ?? note.dataset.more.replace("{n}", n));
		for (const sec of all(".sec", live)) put($(".count", sec), String(all(n ? own : ".row", sec).length));
	}

	function set(on) {
		live.toggleAttribute("data-mine", on);
		button.setAttribute("aria-pressed", on);
		button.value = String(!on);
		tell();
	}

	// The click counts here at once; the server keeps it for next time.
	form.addEventListener("submit", () => setTimeout(() => set(!live.hasAttribute("data-mine"))));

	let chosen = $("#choices").dataset.mine;
	document.addEventListener("htmx:ws:after:message:incoming", () => {
		const now = $("#choices").dataset.mine;
		if (now !== chosen) set((chosen = now) === "on");
		else tell();
	});
})();
