// @ts-check
import assert from "node:assert/strict";
import {test} from "node:test";

import {ToneQueue} from "./tone_queue.js";

/** A queue with a clock and requests that the test moves. */
function newQueue() {
	/** @type {{tones: string, answer: (outcome: "sent" | "failed" | "unknown") => Promise<void>}[]} */
	const requests = [];
	/** @type {string[]} */
	const told = [];
	/** @type {(() => void)[]} */
	let timers = [];
	const queue = new ToneQueue({
		send: tones => new Promise(done => requests.push({tones, answer: async outcome => {
			done(outcome);
			await new Promise(setImmediate);
		}})),
		changed: (tones, state) => told.push(`${tones} ${state}`),
		after: (ms, f) => {
			assert.equal(ms, 300);
			timers.push(f);
		},
	});
	return {queue, requests, told, type: (/** @type {string} */ s) => [...s].forEach(c => queue.press(c)), pass: () => {
		const due = timers;
		timers = [];
		due.forEach(f => f());
	}};
}

test("tones pressed within 300 ms travel in one request, in their order", () => {
	const {requests, type, pass, told} = newQueue();
	type("12#");
	assert.equal(requests.length, 0);
	pass();
	assert.deepEqual(requests.map(r => r.tones), ["12#"]);
	assert.deepEqual(told, ["1 waiting", "2 waiting", "# waiting", "12# sending"]);
});

test("one request is under way at a time, and nothing is sent twice", async () => {
	const {requests, type, pass, told} = newQueue();
	type("1");
	pass();
	type("2");
	pass();
	type("3");
	assert.deepEqual(requests.map(r => r.tones), ["1"]);
	await requests[0].answer("sent");
	assert.deepEqual(requests.map(r => r.tones), ["1", "23"]);
	await requests[1].answer("sent");
	pass();
	assert.equal(requests.length, 2);
	assert.deepEqual(told.slice(-3), ["1 sent", "23 sending", "23 sent"]);
});

test("tones that have just been pressed wait for others after an answer, too", async () => {
	const {requests, type, pass} = newQueue();
	type("1");
	pass();
	type("2");
	await requests[0].answer("sent");
	assert.equal(requests.length, 1);
	type("3");
	pass();
	assert.deepEqual(requests.map(r => r.tones), ["1", "23"]);
});

test("after a request that failed, what waits is not sent, and what is pressed later is", async () => {
	for (const outcome of /** @type {const} */ (["failed", "unknown"])) {
		const {requests, type, pass, told} = newQueue();
		type("1");
		pass();
		type("23");
		await requests[0].answer(outcome);
		pass();
		assert.equal(requests.length, 1);
		assert.deepEqual(told.slice(-2), [`1 ${outcome}`, "23 failed"]);
		type("4");
		pass();
		assert.deepEqual(requests.map(r => r.tones), ["1", "4"]);
	}
});

test("a request has at most 32 tones", async () => {
	const {requests, type, pass} = newQueue();
	type("1".repeat(30) + "2345");
	pass();
	assert.equal(requests[0].tones, "1".repeat(30) + "23");
	await requests[0].answer("sent");
	assert.equal(requests[1].tones, "45");
});

test("what waits when the keypad is closed is sent at once", () => {
	const {queue, requests, type, pass} = newQueue();
	type("5");
	queue.flush();
	assert.deepEqual(requests.map(r => r.tones), ["5"]);
	pass();
	assert.equal(requests.length, 1);
});
