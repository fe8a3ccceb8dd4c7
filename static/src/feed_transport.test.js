import assert from "node:assert/strict";
import test from "node:test";

import {FeedTransport} from "./feed_transport.js";

/** fail makes sockets fail although the server answers. */
function fail(transport, times, now = 0) {
	for (let i = 0; i < times; i++) {
		assert.equal(transport.closed(now, 1006), true);
		transport.failed(now);
	}
}

test("after three tries the page polls", () => {
	const t = new FeedTransport();
	fail(t, 2);
	assert.equal(t.polling, false);
	assert.equal(t.mayConnect(0), true);
	fail(t, 1);
	assert.equal(t.polling, true);
	assert.equal(t.mayConnect(0), false);
});

test("a server that is away makes no page poll", () => {
	const t = new FeedTransport();
	for (let i = 0; i < 10; i++) t.closed(0, 1006);
	assert.equal(t.polling, false);
});

test("a socket that is tried again comes later each time, and ends polling when it delivers", () => {
	const t = new FeedTransport();
	fail(t, 3);
	let now = 0;
	for (const wait of [30_000, 60_000, 120_000, 240_000, 300_000, 300_000]) {
		assert.equal(t.mayConnect(now + wait - 1), false, String(wait));
		now += wait;
		assert.equal(t.mayConnect(now), true, String(wait));
		t.probing(now);
		fail(t, 1, now);
		assert.equal(t.polling, true);
	}
	t.heard(now);
	assert.equal(t.polling, false);
	assert.equal(t.mayConnect(now), true);
});

test("a socket that delivers and is cut at once is no socket that works", () => {
	const t = new FeedTransport();
	for (let i = 0; i < 3; i++) {
		t.heard(1000 * i + 1);
		fail(t, 1, 1000 * i + 900);
	}
	assert.equal(t.polling, true);
});

test("a socket that lived 20 s worked, and so did one that the server closed", () => {
	for (const end of [t => t.closed(20_001, 1006), t => t.closed(2, 1012), t => t.closed(2, 4401), t => { t.heard(20_001); return t.closed(20_002, 1012); }]) {
		const t = new FeedTransport();
		fail(t, 2);
		t.heard(1);
		assert.equal(end(t), false);
		fail(t, 2);
		assert.equal(t.polling, false);
	}
	const t = new FeedTransport();
	t.heard(1);
	assert.equal(t.closed(20_000, 1006), true);
	assert.equal(t.closed(20_000, 1005), true);
});

test("when the server comes back a socket is tried at once", () => {
	const t = new FeedTransport();
	fail(t, 3, 1000);
	assert.equal(t.mayConnect(1001), false);
	t.recovered();
	assert.equal(t.mayConnect(1001), true);
	t.probing(1001);
	assert.equal(t.mayConnect(31_000), false);
	assert.equal(t.mayConnect(31_001), true);
});
