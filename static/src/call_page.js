// @ts-check
// The page of one call is current as long as the call is live.

import {find, sourceForm} from "./dom.js";

let loading = false;

/** loadCall brings the part of the page that shows the call up to date. */
export async function loadCall() {
	const call = find("#call");
	if (call) await htmx.ajax("GET", location.pathname, {source: call, target: "#call", select: "#call", swap: "outerMorph"});
}

async function refresh() {
	if (loading || document.hidden || !find("#call[data-live]")) return;
	loading = true;
	try {
		await loadCall();
	} finally {
		loading = false;
	}
}

/** startCallPage refreshes a live call by time, and after its own forms. */
export function startCallPage() {
	document.addEventListener("htmx:after:request", e => {
		if (e.detail.ctx.response.status < 400 && sourceForm(e)?.closest("#call")) refresh();
	});
	if (find("#call[data-live]")) setInterval(refresh, 3000);
}
