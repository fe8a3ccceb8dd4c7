import assert from "node:assert/strict";
import test from "node:test";

import {recordingName, serverReads, wavName} from "./upload_rules.js";

test("the server reads WAV and MP3 files of a size; the browser converts all others", () => {
	const limits = {endings: [".wav", ".mp3"], bytes: 100};
	for (const [name, size, want] of [
		["a.wav", 100, true], ["A.WAV", 1, true], ["a.b.mp3", 1, true], ["a.wav", 101, false],
		["a.flac", 1, false], ["a.ogg", 1, false], ["a.m4a", 1, false], ["wav", 1, false], ["a.wav.webm", 1, false],
	]) assert.equal(serverReads({name, size}, limits), want, name);
});

test("names lose their ending and no more", () => {
	assert.equal(wavName("Closed. Until 9.ogg"), "Closed. Until 9.wav");
	assert.equal(wavName("noending"), "noending.wav");
	assert.equal(recordingName("Mo/Tu 1/2"), "Mo-Tu 1-2.wav");
});
