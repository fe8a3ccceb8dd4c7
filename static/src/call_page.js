// @ts-check
// The page of one call is current as long as the call is live: the feed says when
// to read it again.

import {find, sourceForm} from "./dom.js";
import {FeedSocket} from "./feed_socket.js";
import {ajax} from "./first_use.js";

const later = 1500; // ms after which the timeline has what the feed told of

/** loadCall brings the part of the page that shows the call up to date. */
export async function loadCall() {
	const call = find("#call");
	if (call) await ajax("GET", location.pathname, {source: call, target: "#call", select: "#call", swap: "outerMorph"});
}

let loading = false, again = false;

async function refresh() {
	if (!find("#call[data-live]")) return;
	again = loading;
	if (loading) return;
	loading = true;
	try {
		await loadCall();
	} finally {
		loading = false;
		if (again) refresh();
	}
}

/** startCallPage refreshes a live call when it changes, and after its own forms. */
export function startCallPage() {
	document.addEventListener("htmx:after:request", e => {
		if (e.detail.ctx.response.status < 400 && sourceForm(e)?.closest("#call")) refresh();
	});
	if (!find("#call[data-live]")) return;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	let timer;
	const socket = new FeedSocket(() => location.pathname + "/feed", {
		message: m => {
			if (!m.touched) return;
			refresh();
			clearTimeout(timer);
			timer = setTimeout(refresh, later);
		},
		close: code => { if (code === 4401 || code === 4403 || !find("#call[data-live]")) return Infinity; },
	});
	socket.connect();
	// Without a socket, the page asks by itself.
	setInterval(() => {
		if (!document.hidden && Date.now() - socket.heardAt > 12_000) refresh();
	}, 3000);
	document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
}
