// @ts-check
// Keypad tones in the order in which they were pressed. No DOM.

const together = 300; // ms within which tones travel in one request
const maxTogether = 32; // tones of one request

/**
 * A ToneQueue sends tones. One request is under way at a time; what is pressed
 * meanwhile waits. After a request that failed nothing that waits is sent: a code
 * with a gap is worse than none.
 */
export class ToneQueue {
	#send;
	#changed;
	#after;
	#waiting = "";
	#sending = "";
	#due = false; // the tones that wait have had their time
	#opened = 0; // counts beginnings to wait

	/**
	 * @param {object} by
	 * @param {(tones: string) => Promise<"sent" | "failed" | "unknown">} by.send
	 * @param {(tones: string, state: "waiting" | "sending" | "sent" | "failed" | "unknown") => void} by.changed is told of tones that got a state, those pressed first before others
	 * @param {(ms: number, f: () => void) => void} [by.after]
	 */
	constructor({send, changed, after = (ms, f) => void setTimeout(f, ms)}) {
		this.#send = send;
		this.#changed = changed;
		this.#after = after;
	}

	/**
	 * press sends a tone, with those that follow it closely.
	 * @param {string} tone
	 */
	press(tone) {
		this.#changed(tone, "waiting");
		this.#waiting += tone;
		if (this.#waiting.length > 1) return;
		const mine = ++this.#opened;
		this.#due = false;
		this.#after(together, () => { if (mine === this.#opened) this.flush(); });
	}

	/** flush sends what waits without waiting for more. */
	flush() {
		this.#due = true;
		this.#next();
	}

	async #next() {
		if (this.#sending || !this.#waiting || !this.#due) return;
		const tones = this.#sending = this.#waiting.slice(0, maxTogether);
		this.#waiting = this.#waiting.slice(maxTogether);
		this.#changed(tones, "sending");
		const outcome = await this.#send(tones);
		this.#sending = "";
		this.#changed(tones, outcome);
		if (outcome !== "sent" && this.#waiting) {
			const unsent = this.#waiting;
			this.#waiting = "";
			this.#opened++;
			this.#changed(unsent, "failed");
		}
		this.#next();
	}
}
