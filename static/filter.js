// The board by person: shows the calls whose parties fit what is typed. Rows
// stay in the page and are hidden by a rule, so that the feed changes them as
// before; a call that rings is never hidden. Comes after app.js.
"use strict";
(() => {
	const {$, all, put} = window.callboard;
	const field = $("#filter"), note = $("#filter-note"), live = $("#live");
	if (!field || !live) return;
	const sheet = new CSSStyleSheet();
	document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

	// fold writes text as the search of the server does: case, marks and umlauts
	// do not count.
	const fold = text => text.toLowerCase().normalize("NFKD").replace(/\p{Mn}/gu, "").replace(/ß/g, "ss").replace(/([aou])e/g, "$1");
	const words = text => fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

	function fits(row, asked, number) {
		const text = [".who", ".us"].map(part => $(part, row)?.textContent ?? "").join(" ");
		if (number && text.replace(/[^\d]/g, "").includes(number)) return true;
		const has = words(text);
		return asked.every(word => has.some(w => w.startsWith(word)));
	}

	// apply hides what does not fit, and says how much that is.
	function apply() {
		const asked = words(field.value), number = /^[\d\s+()/.-]+$/.test(field.value) ? field.value.replace(/\D/g, "").replace(/^0+/, "") : "";
		const rows = all(".row", live);
		const out = asked.length ? rows.filter(r => r.dataset.state !== "ringing" && !fits(r, asked, number)) : [];
		const hidden = new Set(out);
		const secs = all(".sec", live).filter(s => { const of = all(".row", s); return of.length && of.every(r => hidden.has(r)); });
		const names = [...out.map(r => "#" + CSS.escape(r.id)), ...secs.map(s => `.sec[data-section="${s.dataset.section}"]`)];
		sheet.replaceSync(names.length ? names.join(",") + "{display:none!important}" : "");
		const {one, more, none} = note.dataset;
		put(note, !asked.length ? "" : !out.length ? none : out.length === 1 ? one : more.replace("{n}", out.length));
	}

	function clear() {
		field.value = "";
		apply();
	}

	field.addEventListener("input", apply);
	field.addEventListener("keydown", e => {
		if (e.key === "Escape" && !field.value) field.blur();
		else if (e.key === "Escape") clear();
		else if (e.key === "Enter") all(".row", live).find(r => r.offsetParent)?.focus();
		else return;
		e.preventDefault();
		e.stopPropagation();
	});
	document.addEventListener("keydown", e => {
		if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || $("#choices")?.dataset.keys === "off" || $("dialog[open]") || e.target.closest?.("input, select, textarea, [contenteditable]")) return;
		e.preventDefault();
		field.focus();
		field.select();
	});
	document.addEventListener("htmx:ws:after:message:incoming", apply);
	if (field.value) apply(); // the browser kept it over a reload
})();
