// @ts-check
// One tab rings, however many are open: the one that was used last, for there
// the browser lets it sound.

let leads = !navigator.locks && !window.BroadcastChannel;

/** isLeader reports whether this tab rings. */
export const isLeader = () => leads;

/** @type {AbortController | null} */
let waiting = null;

/**
 * lead waits for the lock that all tabs share, or takes it from another one. A
 * tab that loses it waits for it again.
 * @param {boolean} steal
 * @param {() => void} onLead
 */
function lead(steal, onLead) {
	waiting?.abort();
	const mine = waiting = steal ? null : new AbortController();
	navigator.locks.request("callboard-ring", mine ? {signal: mine.signal} : {steal: true}, () => {
		leads = true;
		onLead();
		return new Promise(() => {});
	}).catch(() => {
		if (mine?.signal.aborted) return;
		leads = false;
		lead(false, onLead);
	});
}

// leadByMessages is the same without locks: the tab rings that claimed it last.
// It returns a function that claims it.
function leadByMessages() {
	const channel = new BroadcastChannel("callboard-ring");
	let claimed = 0;
	const claim = () => {
		leads = true;
		channel.postMessage(claimed = Date.now() + Math.random());
	};
	channel.onmessage = e => {
		if (!e.data) claim(); // the tab that had it is closed
		else if (e.data > claimed) leads = false;
	};
	addEventListener("pagehide", () => channel.postMessage(0));
	claim();
	return claim;
}

/**
 * startLeaderTab makes the tab that was used last the leader.
 * @param {() => void} onLead called when this tab becomes it
 */
export function startLeaderTab(onLead) {
	let claim = () => {};
	if (navigator.locks) {
		lead(false, onLead);
		claim = () => lead(true, onLead);
	} else if (window.BroadcastChannel) {
		claim = leadByMessages();
	}
	for (const kind of ["focus", "pointerdown", "keydown"]) addEventListener(kind, () => { if (!leads) claim(); });
}
