import assert from "node:assert/strict";
import test from "node:test";

import {hasWords, matches, parseQuery} from "./text_search.js";

test("a query matches the beginnings of words in any order", () => {
	const parties = "Jürgen Groß +49 30 555001 Anna Weber";
	for (const [typed, want] of [
		["jur", true], ["JÜRGEN", true], ["juergen", true], ["gross jur", true], ["groß", true], ["web an", true],
		["ürgen", false], ["jur meier", false], ["rgen", false], ["", true],
	]) assert.equal(matches(parties, parseQuery(typed)), want, typed);
});

test("a query of digits matches anywhere in a number, however it is written", () => {
	const parties = "+49 30 555001";
	for (const [typed, want] of [
		["030 555", true], ["0049 30", true], ["(30) 55/50-01", true], ["55500", true], ["+49", true], ["666", false], ["030x555", false],
	]) assert.equal(matches(parties, parseQuery(typed)), want, typed);
});

test("only digits and their separators are a phone number", () => {
	assert.equal(parseQuery("+49 (0)30/555-001.").digits, "49030555001");
	assert.equal(parseQuery("00301").digits, "301");
	assert.equal(parseQuery("a1").digits, "");
	assert.equal(parseQuery("").digits, "");
	assert.deepEqual(parseQuery("- -").words, []);
});

test("a list's filter wants every word somewhere in the name", () => {
	for (const [typed, want] of [["", true], ["mail", true], ["VOICE box", true], ["box  voice", true], ["voice fax", false], ["vóice", false]]) {
		assert.equal(hasWords("Voicemail box", typed), want, typed);
	}
});
