// Acting together: hanging up with a grace, telling the others what somebody is
// about to do, and being told. Comes after app.js.
"use strict";
(() => {
	const {$, all, word, put, question} = window.callboard;

	// told is what the server knows of the sheet that is open: path and verb;
	// and whether somebody else was found to be at it (warned), whether that does
	// not matter (override), and whether the server wants to know at all (deaf).
	let told = null;

	// extra are fields that a form gets for its next request only.
	const extra = new WeakMap();
	const add = (form, name) => extra.set(form, {...extra.get(form), [name]: "true"});

	document.addEventListener("htmx:config:request", e => {
		const {ctx} = e.detail, form = ctx.sourceElement;
		const fields = {...extra.get(form)};
		extra.delete(form);
		if (told?.override && form.closest?.(".sheet")?.dataset.attention === told.path) fields.override = "true";
		for (const [name, value] of Object.entries(fields)) ctx.request.body.set(name, value);
	});

	// ---- A click means what its button said. One that comes while the answer to
	// the one before is still on its way, but after the row has changed, is sent
	// when that is here; htmx would drop it. The same click twice stays one.

	const under = new WeakMap(); // form → the action_id of its request, and the click that waits
	document.addEventListener("htmx:before:request", e => {
		const form = e.detail.ctx.sourceElement;
		if (form.matches?.(".acts form")) under.set(form, {id: form.elements.action_id?.value});
	});
	document.addEventListener("submit", e => {
		const request = under.get(e.target), id = e.target.elements.action_id?.value;
		if (!request || id === request.id) return;
		request.next = {id, button: e.submitter};
		e.preventDefault();
		e.stopImmediatePropagation();
	}, true);
	document.addEventListener("htmx:finally:request", e => {
		const form = e.detail.ctx.sourceElement, next = under.get(form)?.next;
		under.delete(form);
		setTimeout(() => { // when htmx has forgotten the request, too
			if (next?.button.isConnected && form.elements.action_id?.value === next.id) form.requestSubmit(next.button);
		});
	});

	// ---- Hanging up. A click can be taken back; with shift it happens at once.

	const hasGrace = () => !$("#board") || "grace" in $("#board").dataset;

	document.addEventListener("click", e => {
		const hang = e.target.closest?.(".act.hang");
		if (!hang || !hasGrace()) return;
		if (e.shiftKey) add(hang.form, "at_once");
		else extra.delete(hang.form);
	});

	document.addEventListener("htmx:after:request", e => {
		const {ctx} = e.detail, form = ctx.sourceElement;
		if (ctx.response.status >= 400) return;
		if (hasGrace() && form.matches?.(".acts form") && $(".hang", form) && !ctx.request.body?.has?.("at_once")) put($("#said"), word("undo"));
		if (form.closest?.("#call")) refresh();
	});

	// ---- Somebody else is at it: who is told so may be allowed to go on.

	const attended = $("#attended");

	function warn(text) {
		if (!attended || attended.open) return Promise.resolve(false);
		put($("#attended-text"), text);
		return question(attended);
	}

	document.addEventListener("htmx:after:request", e => {
		const {ctx} = e.detail, form = ctx.sourceElement;
		if (ctx.response.status !== 409 || !form.matches?.("form")) return;
		const notice = new DOMParser().parseFromString(ctx.text, "text/html").querySelector('[data-error="attended"]');
		if (!notice) return;
		e.preventDefault(); // it is not shown a second time
		const {submitter} = ctx.request, atOnce = ctx.request.body?.has?.("at_once");
		warn(notice.textContent.trim()).then(go => {
			if (!go || !form.isConnected) return;
			add(form, "override");
			if (atOnce) add(form, "at_once");
			form.requestSubmit(submitter?.isConnected ? submitter : undefined);
		});
	});

	// ---- As long as a sheet about a call is open, the others are told. Posts
	// follow one another, so that none overtakes the one before.

	const renewal = 5000; // ms; the server forgets after three of them
	let posts = Promise.resolve();

	function post(path, fields) {
		posts = posts.then(() => fetch(path, {
			method: "POST", headers: {Accept: "application/json"}, body: new URLSearchParams(fields), keepalive: true,
		})).catch(() => null); // the connection's badge tells
		return posts;
	}

	// attend brings what the server knows up to date with what is open.
	async function attend() {
		const sheet = $("#modal[open] .sheet[data-attention]") ?? $(".alone .sheet[data-attention]");
		const path = sheet?.dataset.attention;
		if (told && told.path !== path) post(told.path, {verb: ""});
		if (!sheet) return told = null;
		if (told?.path !== path) told = {path};
		const mine = told;
		mine.verb = sheet.dataset.verb;
		if (mine.deaf) return;
		const answer = await post(path, {verb: mine.verb, ...mine.override && {override: "true"}});
		if (answer?.status === 404 || answer?.status === 405) mine.deaf = true; // the call is over
		if (answer?.status !== 409 || mine.warned || mine !== told) return;
		const error = (await answer.json().catch(() => null))?.error;
		if (error?.code !== "attended") return;
		mine.warned = true;
		if (!await warn(error.message) || mine !== told) return;
		mine.override = true;
		attend();
	}

	document.addEventListener("sheet:shown", attend);
	$("#modal")?.addEventListener("close", attend);
	setInterval(() => { if (told) attend(); }, renewal);
	addEventListener("pagehide", () => {
		if (told) navigator.sendBeacon(told.path, new URLSearchParams({verb: ""}));
		told = null;
	});
	addEventListener("pageshow", e => { if (e.persisted) attend(); });
	if ($(".alone .sheet[data-attention]")) attend();

	// ---- Several calls at once: none is chosen before somebody chooses it.

	function some(form) {
		const boxes = all("[data-some] input", form), send = $("[data-needs-some]", form), every = $("[data-check-all]", form);
		if (!send) return;
		send.disabled = !boxes.some(b => b.checked);
		every.hidden = boxes.length < 2;
	}
	document.addEventListener("change", e => { if (e.target.closest?.("[data-some]")) some(e.target.form); });
	document.addEventListener("click", e => {
		const every = e.target.closest?.("[data-check-all]");
		if (!every) return;
		const boxes = all("[data-some] input", every.form), on = !boxes.every(b => b.checked);
		for (const b of boxes) b.checked = on;
		some(every.form);
	});
	document.addEventListener("sheet:shown", e => some(e.target));
	if ($(".alone [data-some]")) some($(".alone [data-some]").form);

	// ---- A filter keeps of a list what has the words typed in its name.

	document.addEventListener("input", e => {
		const wanted = e.target.dataset?.filter, typed = e.target.value?.toLowerCase().split(" ");
		if (!wanted) return;
		const sheet = e.target.closest(".sheet"), items = all(wanted, sheet);
		for (const i of items) i.hidden = !typed.every(w => i.dataset.name.toLowerCase().includes(w));
		$("[data-filtered-out]", sheet).hidden = items.some(i => !i.hidden);
	});

	// ---- A call's page is current as long as the call runs.

	let looking = false;
	async function refresh() {
		if (looking || document.hidden || !$("#call[data-live]")) return;
		looking = true;
		try {
			await htmx.ajax("GET", location.pathname, {source: $("#call"), target: "#call", select: "#call", swap: "outerMorph"});
		} finally {
			looking = false;
		}
	}
	if ($("#call[data-live]")) setInterval(refresh, 3000);
})();
