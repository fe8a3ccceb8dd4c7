import assert from "node:assert/strict";
import test from "node:test";

import {feedState, listAge, wallboardProblem} from "./feed_state.js";

const fine = {connected: true, lostFor: 0, online: true, listed: true, age: 0};

test("the badge follows the connection and the age of the list", () => {
	for (const [feed, state, problem] of [
		[{}, "live", ""], [{age: 4}, "live", ""], [{age: 5}, "catching", ""], [{age: 14}, "catching", ""], [{age: 15}, "catching", "stale"],
		[{listed: false}, "catching", ""],
		[{connected: false, lostFor: 1000}, "catching", ""], [{connected: false, lostFor: 5001}, "catching", "cut"],
		[{connected: false, lostFor: 10_001}, "offline", "cut"], [{connected: false, online: false}, "offline", ""],
		[{connected: false, lostFor: 1000, age: 20}, "catching", "stale"], [{connected: false, lostFor: 6000, age: 20}, "catching", "cut"],
	]) assert.deepEqual(feedState({...fine, ...feed}), {state, problem}, JSON.stringify(feed));
});

test("a list that never was has no age, and none is younger than now", () => {
	assert.equal(listAge(0, 5000), 0);
	assert.equal(listAge(5000, 4000), 0);
	assert.equal(listAge(1000, 4999), 3);
});

test("a wallboard says why its list is old", () => {
	for (const [feed, problem] of [
		[{}, ""], [{age: 14}, ""], [{age: 15}, "stale"], [{listed: false, age: 99}, "never"],
		[{connected: false, lostFor: 4000}, ""], [{connected: false, lostFor: 4001, listed: false}, "cut"],
	]) assert.equal(wallboardProblem({...fine, ...feed}), problem, JSON.stringify(feed));
});
