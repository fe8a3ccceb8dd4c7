// The field for somebody to call: searches while something is typed. The list
// comes from the server as it is shown, with all words. Comes after app.js.
"use strict";
(() => {
	const {$, all, put} = window.callboard;
	const debounce = 300, askAgain = 1200; // ms

	const boxOf = e => e.target.closest?.("[data-whom]");
	const field = box => $("input[type=text]", box);
	const list = box => $(".found", box);
	const options = box => all("[role=option]:not([aria-disabled])", box);
	const active = box => $('[role=option][aria-selected="true"]', box);

	// begin makes a combobox of a text field.
	function begin(box) {
		const input = field(box);
		if (input.role === "combobox") return;
		input.role = "combobox";
		for (const [name, value] of Object.entries({"aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": "whom-list", "aria-haspopup": "listbox"})) input.setAttribute(name, value);
		goes(box, input.value);
		search(box);
	}

	// ---- Searching. Of several answers only the last one asked for counts.

	async function search(box, again = false) {
		const input = field(box), text = input.value;
		box.asked?.abort();
		const asked = box.asked = new AbortController();
		const address = new URL(box.dataset.whom, location.href);
		address.searchParams.set("q", text);
		try {
			const answer = await fetch(address, {signal: asked.signal, headers: {"HX-Request": "true"}});
			if (answer.status === 401) return document.dispatchEvent(new Event("session:over"));
			if (!answer.ok) throw new Error(answer.status);
			const html = await answer.text();
			if (asked === box.asked && box.isConnected && input.value === text) show(box, html, again);
		} catch (e) {
			if (e.name !== "AbortError" && asked === box.asked) fail(box);
		}
	}

	function show(box, html, again) {
		const body = new DOMParser().parseFromString(html, "text/html").body, kept = active(box)?.dataset.shown;
		const said = $("p", body), chosen = box.dataset.chosen === field(box).value;
		said.remove();
		list(box).replaceChildren(...body.childNodes);
		$("[role=listbox]", box)?.setAttribute("aria-label", box.dataset.list);
		const meant = options(box).find(o => o.dataset.shown === field(box).value);
		if (!chosen && meant) return pick(box, meant, again);
		if (!chosen) say(box, said.textContent.trim() && said, said.dataset.state);
		open(box, !chosen && (!again || !list(box).hidden));
		if (kept) activate(box, options(box).find(o => o.dataset.shown === kept));
		if (!chosen && !again) goes(box, said.dataset.shown || field(box).value);
		if ("again" in said.dataset && !again) setTimeout(() => { if (box.isConnected && !list(box).hidden) search(box, true); }, askAgain);
	}

	// say puts a sentence below the field: text, or the nodes of an element.
	function say(box, what, state = "") {
		const verdict = $(".verdict", box);
		verdict.dataset.state = state;
		if (typeof what === "string") put(verdict, what);
		else verdict.replaceChildren(...(what ? what.cloneNode(true).childNodes : []));
	}

	function fail(box) {
		list(box).replaceChildren();
		open(box, false);
		say(box, box.dataset.failed, "bad");
	}

	// goes tells in the dialog to whom a call will go.
	function goes(box, text) { put($("[data-goes]", box.closest("form")), text.trim() || "…"); }

	// ---- The list.

	function open(box, on) {
		const shown = on && Boolean($("[role=option]", box));
		list(box).hidden = !shown;
		field(box).setAttribute("aria-expanded", String(shown));
		if (!shown) activate(box, null);
	}

	function activate(box, option) {
		active(box)?.setAttribute("aria-selected", "false");
		option?.setAttribute("aria-selected", "true");
		option?.scrollIntoView({block: "nearest"});
		if (option) field(box).setAttribute("aria-activedescendant", option.id);
		else field(box).removeAttribute("aria-activedescendant");
	}

	// step goes n options on; from nowhere to the first or last.
	function step(box, n) {
		if (list(box).hidden) {
			open(box, true);
			if (list(box).hidden) return void search(box);
		}
		const of = options(box), at = of.indexOf(active(box));
		activate(box, at < 0 ? of.at(n > 0 ? 0 : -1) : of[(at + n + of.length) % of.length]);
	}

	function pick(box, option, quiet = false) {
		const input = field(box), {shown, note} = option.dataset;
		clearTimeout(box.waiting);
		box.asked?.abort();
		input.value = box.dataset.chosen = shown;
		for (const other of all("[name=choice]", box)) other.checked = false;
		open(box, false);
		say(box, [box.dataset.dials.replace("{n}", shown), note].filter(Boolean).join(" "), note ? "warn" : "good");
		goes(box, $("b", option).textContent);
		if (!quiet) input.focus();
	}

	document.addEventListener("input", e => {
		const box = boxOf(e);
		if (!box || e.target !== field(box)) return;
		delete box.dataset.chosen;
		activate(box, null);
		goes(box, e.target.value);
		clearTimeout(box.waiting);
		box.waiting = setTimeout(search, debounce, box);
	});

	let obeyed = false;
	document.addEventListener("keydown", e => {
		const box = boxOf(e);
		obeyed = Boolean(box) && e.target === field(box) && !e.isComposing && !e.ctrlKey && !e.metaKey && obey(box, e);
		if (!obeyed) return;
		e.preventDefault();
		e.stopPropagation();
	}, true);
	document.addEventListener("keypress", e => { if (obeyed && e.key === "Enter") e.preventDefault(); }, true); // it would send the form

	// obey does what a key says, and tells whether it says anything here.
	function obey(box, {key, altKey}) {
		const shown = !list(box).hidden, on = active(box);
		switch (key) {
		case "ArrowDown":
		case "ArrowUp":
			if (altKey) open(box, key === "ArrowDown");
			else step(box, key === "ArrowDown" ? 1 : -1);
			return true;
		case "Home":
		case "End":
			if (on) activate(box, options(box).at(key === "Home" ? 0 : -1));
			return Boolean(on);
		case "Escape":
			open(box, false);
			return shown;
		case "Enter":
			if (on) pick(box, on);
			return Boolean(on) || explicit(box);
		case "Tab":
			open(box, false);
		}
		return false;
	}

	// explicit leads to the buttons of a form that has several: which of them is
	// meant must be said.
	function explicit(box) {
		const buttons = all(".ends button", box.closest("form"));
		if (buttons.length < 2) return false;
		buttons[0].focus();
		return true;
	}

	// A press keeps the caret in the field, so that a click is one.
	document.addEventListener("pointerdown", e => { if (e.target.closest?.("[data-whom] [role=option]")) e.preventDefault(); });
	document.addEventListener("click", e => {
		const box = boxOf(e), option = e.target.closest?.("[data-whom] [role=option]");
		if (option && !option.hasAttribute("aria-disabled")) pick(box, option);
		else if (box && e.target === field(box) && list(box).hidden) open(box, true);
	});

	document.addEventListener("sheet:shown", e => { const box = $("[data-whom]", e.target); if (box) begin(box); });
	const alone = $(".alone [data-whom]");
	if (alone) begin(alone);
})();
