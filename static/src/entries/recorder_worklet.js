// @ts-check
// Runs in the browser's audio thread: hands over what the microphone hears, a
// tenth of a second at a time, to recorder.js.

class Recorder extends AudioWorkletProcessor {
	constructor() {
		super();
		this.on = true;
		this.block = new Float32Array(Math.ceil(sampleRate / 10));
		this.filled = 0;
		this.port.onmessage = () => { // the end: the rest, then nothing more
			this.on = false;
			this.port.postMessage(this.block.slice(0, this.filled));
			this.port.postMessage(null);
		};
	}

	/**
	 * process is called by the browser for every 128 samples.
	 * @param {Float32Array[][]} inputs
	 */
	process([input]) {
		for (const sample of this.on && input?.[0] || []) {
			this.block[this.filled++] = sample;
			if (this.filled < this.block.length) continue;
			this.port.postMessage(this.block, [this.block.buffer]);
			this.block = new Float32Array(Math.ceil(sampleRate / 10));
			this.filled = 0;
		}
		return this.on;
	}
}

registerProcessor("recorder", Recorder);
