import assert from "node:assert/strict";
import test from "node:test";

import {activeWorker, openBoard, showNotification} from "./desktop_notifications.js";

const options = {tag: "call-7", body: "for Anna", data: {row: "call-7"}};

/** registration is that of a service worker, which counts what is shown and closed. */
function registration() {
	const shown = [];
	return {
		shown,
		closed: 0,
		async showNotification(title, {tag, data}) { shown.push([title, tag, data.row]); },
		async getNotifications({tag}) { return shown.filter(n => n[1] === tag).map(() => ({close: () => { this.closed++; }})); },
	};
}

const settled = () => new Promise(resolve => setImmediate(resolve));

test("where pages may not show notifications, the service worker shows and closes them", async t => {
	globalThis.Notification = class { constructor() { throw new TypeError("Illegal constructor"); } };
	t.after(() => delete globalThis.Notification);
	const r = registration();
	const n = showNotification("Call", options, () => assert.fail("clicked"), async () => r);
	await settled();
	assert.deepEqual(r.shown, [["Call", "call-7", "call-7"]]);
	assert.equal(r.closed, 0);
	n.close();
	assert.equal(r.closed, 1);
});

test("a call that ends before the service worker runs is not shown, or closed at once", async t => {
	globalThis.Notification = class { constructor() { throw new TypeError("Illegal constructor"); } };
	t.after(() => delete globalThis.Notification);
	const r = registration();
	showNotification("Call", options, () => null, async () => r).close();
	await settled();
	assert.deepEqual(r.shown, []);

	let show;
	r.showNotification = (title, {tag}) => new Promise(done => { show = () => { r.shown.push([title, tag]); done(); }; });
	const n = showNotification("Call", options, () => null, async () => r);
	await settled();
	n.close();
	show();
	await settled();
	assert.equal(r.closed, 1);
});

test("a browser without service workers shows nothing, and nothing fails", async t => {
	globalThis.Notification = class { constructor() { throw new TypeError("Illegal constructor"); } };
	t.after(() => delete globalThis.Notification);
	for (const worker of [async () => { throw new TypeError("no service worker"); }, () => { throw new TypeError("navigator.serviceWorker is undefined"); }]) {
		const n = showNotification("Call", options, () => null, worker);
		await settled();
		n.close();
	}
});

test("where pages may show notifications, no service worker is registered", t => {
	const log = [];
	globalThis.Notification = class { constructor(title) { log.push(title); } close() { log.push("closed"); } };
	t.after(() => delete globalThis.Notification);
	const n = showNotification("Call", options, () => log.push("clicked"), () => assert.fail("registered"));
	n.onclick();
	assert.deepEqual(log, ["Call", "closed", "clicked"]);
});

/** pages are clients of a service worker; log has what becomes of them. */
function pages(...paths) {
	const log = [];
	return {
		log,
		async matchAll({includeUncontrolled}) {
			return includeUncontrolled ? paths.map(path => ({url: "https://calls.example" + path, async focus() { await settled(); log.push("focus " + path); }, postMessage(m) { log.push("row " + m.row); }})) : [];
		},
		async openWindow(address) { log.push("open " + address); },
	};
}

test("a click brings the open board to the front and leads to the call", async () => {
	const some = pages("/history?day=1", "/?lang=de", "/");
	await openBoard(some, "call-7");
	assert.deepEqual(some.log, ["focus /?lang=de", "row call-7"]);
});

test("a click without an open board opens one", async () => {
	const none = pages("/history", "/settings");
	await openBoard(none, "call-7");
	assert.deepEqual(none.log, ["open /"]);
});

/** serviceWorker makes the browser register a service worker that is in these states one after another. */
function serviceWorker(t, slot, ...states) {
	const worker = new EventTarget();
	worker.state = states.shift();
	const next = () => {
		if (!states.length) return;
		worker.state = states.shift();
		worker.dispatchEvent(new Event("statechange"));
		setImmediate(next);
	};
	setImmediate(next);
	const registered = {[slot]: worker};
	Object.defineProperty(globalThis, "navigator", {configurable: true, value: {serviceWorker: {register: async script => { registered.script = script; return registered; }}}});
	t.after(() => delete globalThis.navigator);
	return {worker, registered};
}

test("a notification waits until the service worker can show it", async t => {
	for (const [slot, ...states] of [["active", "activated"], ["active", "activating", "activated"], ["waiting", "installed", "activating", "activated"], ["installing", "installing", "installed", "activating", "activated"]]) {
		const {worker, registered} = serviceWorker(t, slot, ...states);
		assert.equal(await activeWorker("/static/worker.js"), registered, slot);
		assert.equal(registered.script, "/static/worker.js");
		assert.equal(worker.state, "activated", slot);
	}
});

test("a service worker that never gets to run shows nothing", async t => {
	for (const [slot, ...states] of [["installing", "installing", "redundant"], ["waiting", "redundant"], ["none", "installing"]]) {
		serviceWorker(t, slot, ...states);
		await assert.rejects(activeWorker("/static/worker.js"), /worker\.js/, slot);
	}
});
