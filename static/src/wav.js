// @ts-check
// WAV files of one channel, 16 bits. No DOM.

/**
 * decodingRate is the rate in which the browser decodes. It never goes down to the
 * telephone's: browsers do not take away what would come back as an alias. The
 * server does.
 */
export const decodingRate = 48000;

const headerSize = 44;

// A half-band filter, flat to 7 kHz and 70 dB down from 17 kHz on, at 48 kHz.
const taps = [1, 3, 5, 7, 9, 11, 13, 15].map(d => {
	const blackman = 0.42 + 0.5 * Math.cos(Math.PI * d / 16) + 0.08 * Math.cos(2 * Math.PI * d / 16);
	return Math.sin(Math.PI * d / 2) / (Math.PI * d) * blackman;
});
const gain = 0.5 + 2 * taps.reduce((a, b) => a + b);

/**
 * halve returns every second sample. First it takes away what would come back
 * below 4 kHz, which is all that matters to a telephone.
 * @param {Float32Array<ArrayBuffer>} samples
 */
export function halve(samples) {
	const out = new Float32Array(Math.ceil(samples.length / 2));
	for (let k = 0; k < out.length; k++) {
		let sum = 0.5 * (samples[2 * k] ?? 0), d = 1;
		for (const tap of taps) {
			sum += tap * ((samples[2 * k - d] ?? 0) + (samples[2 * k + d] ?? 0));
			d += 2;
		}
		out[k] = sum / gain;
	}
	return out;
}

/**
 * mix returns the mean of the channels.
 * @param {Float32Array[]} channels of the same length
 */
export function mix(channels) {
	const [first = new Float32Array(0), ...others] = channels, mixed = new Float32Array(first);
	for (const channel of others) channel.forEach((s, i) => { mixed[i] = (mixed[i] ?? 0) + s; });
	return channels.length > 1 ? mixed.map(s => s / channels.length) : mixed;
}

/**
 * encode returns a WAV file. Samples of a rate above 32 kHz are halved.
 * @param {Float32Array<ArrayBuffer>} samples between -1 and 1
 * @param {number} rate
 */
export function encode(samples, rate) {
	for (; rate > 32000; rate /= 2) samples = halve(samples);
	rate = Math.round(rate);
	const view = new DataView(new ArrayBuffer(headerSize + 2 * samples.length));
	/**
	 * @param {number} at
	 * @param {string} s
	 */
	const text = (at, s) => [...s].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
	text(0, "RIFF");
	view.setUint32(4, view.byteLength - 8, true);
	text(8, "WAVEfmt ");
	view.setUint32(16, 16, true); // size of the format
	view.setUint16(20, 1, true); // PCM
	view.setUint16(22, 1, true); // channels
	view.setUint32(24, rate, true);
	view.setUint32(28, 2 * rate, true); // bytes per second
	view.setUint16(32, 2, true); // bytes per frame
	view.setUint16(34, 16, true); // bits per sample
	text(36, "data");
	view.setUint32(40, 2 * samples.length, true);
	samples.forEach((s, i) => view.setInt16(headerSize + 2 * i, Math.max(-32768, Math.min(32767, Math.round(s * 32768))), true));
	return view.buffer;
}

/**
 * decibels returns the level of a peak, never below -60.
 * @param {number} peak between 0 and 1
 */
export const decibels = peak => 20 * Math.log10(Math.max(peak, 0.001));

/**
 * peakOf returns the largest magnitude of samples.
 * @param {Float32Array} samples
 */
export const peakOf = samples => samples.reduce((peak, s) => Math.max(peak, Math.abs(s)), 0);

/**
 * join returns the samples of blocks one after another.
 * @param {Float32Array[]} blocks
 */
export function join(blocks) {
	const all = new Float32Array(blocks.reduce((n, b) => n + b.length, 0));
	let at = 0;
	for (const b of blocks) {
		all.set(b, at);
		at += b.length;
	}
	return all;
}
