// The session is over: what the page shows of calls is taken out of it, what
// was typed is kept, and both come back after signing in, here or in another
// window. Comes after app.js.
"use strict";
(() => {
	const {$, all, word, put} = window.callboard;
	const dialog = $("#over");
	if (!dialog) return;
	const link = $("a", dialog);
	let kept = null; // while the session is over: what was where

	const changed = e => e.type === "checkbox" || e.type === "radio" ? e.checked !== e.defaultChecked
		: e.options ? [...e.options].some(o => o.selected !== o.defaultSelected && o.defaultSelected) : e.value !== e.defaultValue;
	const typed = () => all("main :is(input, select, textarea), #modal :is(input, select, textarea)").some(changed);

	function takeOut(place) {
		const nodes = document.createDocumentFragment();
		nodes.append(...place.childNodes);
		return () => place.replaceChildren(nodes);
	}

	// Whoever learns that nobody is signed in any more dispatches session:over.
	document.addEventListener("session:over", () => {
		if (kept) return;
		link.href = "/login?next=" + encodeURIComponent(location.pathname + location.search);
		link.target = typed() ? "_blank" : "";
		const modal = $("#modal");
		kept = {focus: document.activeElement, scroll: scrollY, sheet: modal?.open};
		for (const d of all("dialog[open]")) d.close();
		kept.back = all("#main, #modal-body").map(takeOut);
		$("#notices")?.replaceChildren();
		dialog.showModal();
	});

	function resume() {
		const {focus, scroll, sheet, back} = kept;
		kept = null;
		dialog.close();
		for (const putBack of back) putBack();
		if (sheet) {
			$("#modal").showModal();
			$("#sheet")?.dispatchEvent(new CustomEvent("sheet:shown", {bubbles: true}));
		}
		scrollTo({top: scroll, behavior: "instant"});
		if (focus?.isConnected) focus.focus();
		document.dispatchEvent(new Event("session:resumed"));
	}

	// check goes on if the same person has signed in again. What was typed by
	// somebody else is nothing to go on with.
	async function check(asked) {
		if (!kept) return;
		const answer = await fetch("/session").catch(() => null);
		if (!kept) return;
		if (answer?.status === 204) return answer.headers.get("X-Who") === word("who") ? resume() : location.reload();
		if (asked) put($("[role=status]", dialog), answer ? dialog.dataset.still : word("unreachable"));
	}

	$("button", dialog).addEventListener("click", () => check(true));
	document.addEventListener("visibilitychange", () => { if (!document.hidden) check(false); });
	addEventListener("focus", () => check(false));
	dialog.addEventListener("cancel", e => e.preventDefault());
	dialog.addEventListener("close", () => { if (kept) dialog.showModal(); });
})();
