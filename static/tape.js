// Runs in the browser's audio thread: hands over what the microphone hears, a
// tenth of a second at a time. See mic.js.
class Tape extends AudioWorkletProcessor {
	constructor() {
		super();
		this.on = true;
		this.clear();
		this.port.onmessage = () => { // the end: the rest, then nothing more
			this.on = false;
			this.port.postMessage(this.block.slice(0, this.filled));
			this.port.postMessage(null);
		};
	}

	clear() {
		this.block = new Float32Array(Math.ceil(sampleRate / 10));
		this.filled = 0;
	}

	process([input]) {
		for (const sample of this.on && input[0] || []) {
			this.block[this.filled++] = sample;
			if (this.filled < this.block.length) continue;
			this.port.postMessage(this.block, [this.block.buffer]);
			this.clear();
		}
		return this.on;
	}
}

registerProcessor("tape", Tape);
