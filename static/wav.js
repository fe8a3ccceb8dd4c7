// Sound as the dashboard takes it: WAV files of one channel, 16 bits. Whatever
// else the browser can decode is made such a file. For the library of
// announcements; comes before sounds.js.
"use strict";
(() => {
	// The rate in which the browser decodes. It never goes down to the
	// telephone's: browsers do not take away what would come back as an alias.
	// The server does.
	const decodingRate = 48000;

	// half keeps every second sample of x. First it takes away what would come
	// back below 4 kHz, which is all that matters to a telephone: a half-band
	// filter, flat to 7 kHz and 70 dB down from 17 kHz on, at 48 kHz.
	const side = [1, 3, 5, 7, 9, 11, 13, 15].map(d => {
		const blackman = 0.42 + 0.5 * Math.cos(Math.PI * d / 16) + 0.08 * Math.cos(2 * Math.PI * d / 16);
		return Math.sin(Math.PI * d / 2) / (Math.PI * d) * blackman;
	});
	const whole = 0.5 + 2 * side.reduce((a, b) => a + b);

	function half(x) {
		const out = new Float32Array(Math.ceil(x.length / 2));
		for (let k = 0; k < out.length; k++) {
			let sum = 0.5 * x[2 * k];
			for (let i = 0, d = 1; i < side.length; i++, d += 2) sum += side[i] * ((x[2 * k - d] ?? 0) + (x[2 * k + d] ?? 0));
			out[k] = sum / whole;
		}
		return out;
	}

	// file makes a WAV file of samples between −1 and 1.
	function file(samples, rate, name) {
		for (; rate > 32000; rate /= 2) samples = half(samples);
		rate = Math.round(rate);
		const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
		const text = (at, s) => [...s].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
		text(0, "RIFF");
		view.setUint32(4, view.byteLength - 8, true);
		text(8, "WAVEfmt ");
		view.setUint32(16, 16, true);
		view.setUint16(20, 1, true);
		view.setUint16(22, 1, true);
		view.setUint32(24, rate, true);
		view.setUint32(28, 2 * rate, true);
		view.setUint16(32, 2, true);
		view.setUint16(34, 16, true);
		text(36, "data");
		view.setUint32(40, 2 * samples.length, true);
		samples.forEach((s, i) => view.setInt16(44 + 2 * i, Math.max(-32768, Math.min(32767, Math.round(s * 32768))), true));
		return new File([view], name, {type: "audio/wav"});
	}

	// decoded is what the browser hears in a file: one channel at decodingRate.
	// It fails if the browser cannot read the file.
	async function decoded(source) {
		const heard = await new OfflineAudioContext(1, 1, decodingRate).decodeAudioData(await source.arrayBuffer());
		const mixed = heard.getChannelData(0).slice();
		for (let c = 1; c < heard.numberOfChannels; c++) heard.getChannelData(c).forEach((s, i) => { mixed[i] += s; });
		return heard.numberOfChannels > 1 ? mixed.map(s => s / heard.numberOfChannels) : mixed;
	}

	window.callboard.wav = {file, decoded, decodingRate};
})();
