import assert from "node:assert/strict";
import test from "node:test";

import {decibels, decodingRate, encode, halve, join, mix, peakOf} from "./wav.js";

/** tone returns a second of a sine. */
const tone = (hz, rate, level = 0.5) => Float32Array.from({length: rate}, (_, i) => level * Math.sin(2 * Math.PI * hz * i / rate));

/** level returns the amplitude of a frequency in samples, in decibels. */
function level(samples, hz, rate) {
	let re = 0, im = 0;
	samples.forEach((s, i) => {
		re += s * Math.cos(2 * Math.PI * hz * i / rate);
		im += s * Math.sin(2 * Math.PI * hz * i / rate);
	});
	return 20 * Math.log10(2 * Math.hypot(re, im) / samples.length + 1e-12);
}

const ascii = (view, from, to) => String.fromCharCode(...new Uint8Array(view.buffer).slice(from, to));

test("a file has the header of one channel, 16 bits", () => {
	const view = new DataView(encode(new Float32Array([0, 0.5, -0.5]), 8000));
	assert.equal(view.byteLength, 44 + 6);
	assert.equal(ascii(view, 0, 4), "RIFF");
	assert.equal(view.getUint32(4, true), view.byteLength - 8);
	assert.equal(ascii(view, 8, 16), "WAVEfmt ");
	assert.deepEqual([view.getUint32(16, true), view.getUint16(20, true), view.getUint16(22, true)], [16, 1, 1]);
	assert.deepEqual([view.getUint32(24, true), view.getUint32(28, true), view.getUint16(32, true), view.getUint16(34, true)], [8000, 16000, 2, 16]);
	assert.equal(ascii(view, 36, 40), "data");
	assert.equal(view.getUint32(40, true), 6);
	assert.deepEqual([0, 1, 2].map(i => view.getInt16(44 + 2 * i, true)), [0, 16384, -16384]);
});

test("samples beyond full scale are clamped", () => {
	const view = new DataView(encode(new Float32Array([1, -1, 7, -7]), 8000));
	assert.deepEqual([0, 1, 2, 3].map(i => view.getInt16(44 + 2 * i, true)), [32767, -32768, 32767, -32768]);
});

test("high rates are halved until they are at most 32 kHz", () => {
	for (const [rate, want] of [[8000, 8000], [32000, 32000], [decodingRate, 24000], [44100, 22050], [96000, 24000]]) {
		const view = new DataView(encode(new Float32Array(rate / 10), rate));
		assert.equal(view.getUint32(24, true), want);
		assert.equal(view.getUint32(40, true), 2 * want / 10);
	}
});

test("halving keeps the telephone's band and folds nothing into it", () => {
	const flat = level(halve(tone(1000, decodingRate)), 1000, decodingRate / 2);
	assert.ok(Math.abs(flat - 20 * Math.log10(0.5)) < 0.1, `1 kHz at ${flat} dB`);
	const edge = level(halve(tone(3400, decodingRate)), 3400, decodingRate / 2);
	assert.ok(Math.abs(edge - flat) < 0.1, `3.4 kHz at ${edge} dB`);
	const alias = level(halve(tone(21000, decodingRate)), 3000, decodingRate / 2);
	assert.ok(alias - flat < -60, `21 kHz comes back at ${alias} dB`);
});

test("halving keeps silence, a steady level, and the first and the last sample", () => {
	assert.deepEqual([...new Set(halve(new Float32Array(101)))], [0]);
	const steady = halve(new Float32Array(201).fill(0.5));
	assert.equal(steady.length, 101);
	for (const s of steady.slice(20, 80)) assert.ok(Math.abs(s - 0.5) < 1e-6, `0.5 becomes ${s}`);
	assert.ok(halve(new Float32Array([1, 0, 0, 0, 0]))[0] > 0.4);
	assert.ok(halve(new Float32Array([0, 0, 0, 0, 1]))[2] > 0.4);
});

test("channels are mixed to their mean, and the source stays as it is", () => {
	const left = new Float32Array([1, 0.5]), right = new Float32Array([0, -0.5]);
	assert.deepEqual([...mix([left, right])], [0.5, 0]);
	assert.deepEqual([...left], [1, 0.5]);
	assert.deepEqual([...mix([left])], [1, 0.5]);
	assert.equal(mix([]).length, 0);
});

test("blocks are joined in order", () => {
	assert.deepEqual([...join([new Float32Array([1, 2]), new Float32Array(), new Float32Array([3])])], [1, 2, 3]);
});

test("levels are in decibels of full scale, with a floor", () => {
	assert.equal(decibels(1), 0);
	assert.equal(Math.round(decibels(0.5)), -6);
	assert.equal(Math.round(decibels(0)), -60);
	assert.equal(peakOf(new Float32Array([0.25, -0.75, 0.5])), 0.75);
});
