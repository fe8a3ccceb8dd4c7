import assert from "node:assert/strict";
import {readFileSync} from "node:fs";
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
	assert.equal(parseQuery("+49 (0)30/555-001.").digits, "4930555001");
	assert.equal(parseQuery("(0)30/555-001.").digits, "30555001");
	assert.equal(parseQuery("00301").digits, "301");
	assert.equal(parseQuery(" 0049 (0)30 555001 ").digits, "4930555001");
	assert.equal(parseQuery("a1").digits, "");
	assert.equal(parseQuery("").digits, "");
	assert.deepEqual(parseQuery("- -").words, []);
});

// The table that package sipgate passes as well.
test("a pasted number is found in the filter of calls", () => {
	const table = readFileSync(new URL("../../sipgate/testdata/numbers.tsv", import.meta.url), "utf8");
	const cases = table.split("\n").filter(line => line.startsWith('"')).map(line => line.split("\t"));
	assert.ok(cases.length >= 6);
	for (const [quoted = "", , want = ""] of cases) {
		const typed = JSON.parse(quoted);
		assert.equal(parseQuery(typed).digits, want.startsWith("+") ? want.slice(1) : "", quoted);
		assert.equal(matches("Jana +49 211 1234567", parseQuery(typed)), want.startsWith("+"), quoted);
	}
	for (const typed of ["\u2066+49\u2069\u2009(0)\u2009211\u22121234567", "0049\u00ad211\u30001234567\ufe0f", "0211·1234567", "（0211）／1234567"]) {
		assert.equal(matches("+49 211 1234567", parseQuery(typed)), true, JSON.stringify(typed));
	}
	for (const typed of ["+49 211\u202e1234567", "+４９ 211", "+49 211\u20e3"]) assert.equal(parseQuery(typed).digits, "", JSON.stringify(typed));
});

test("a list's filter wants every word somewhere in the name", () => {
	for (const [typed, want] of [["", true], ["mail", true], ["VOICE box", true], ["box  voice", true], ["voice fax", false], ["vóice", true]]) {
		assert.equal(hasWords("Voicemail box", typed), want, typed);
	}
});

test("a list's filter folds letters as the search of the history does", () => {
	const cases = JSON.parse(readFileSync(new URL("../../sipgate/testdata/contains.json", import.meta.url), "utf8"));
	assert.ok(cases.length >= 15);
	for (const c of cases) assert.equal(hasWords(c.text, c.typed), c.contains, JSON.stringify(c));
});
