// @ts-check
// How the feed reaches the page: by a socket, or by polling where a proxy does
// not let sockets through. No DOM.

const maxTries = 3; // sockets in a row that fail although the server answers
const stable = 20_000; // ms after which a socket counts as one that works
const firstProbe = 30_000; // ms from the beginning of polling until a socket is tried again
const maxProbe = 300_000;

// Codes that a browser invents for a socket that ended without a close frame. All
// others are the server's: it was reached.
const noCloseFrame = [1005, 1006];

/** A FeedTransport decides when to poll, and when to try a socket again. Times are in ms. */
export class FeedTransport {
	polling = false;
	#failures = 0;
	#heardAt = 0; // when the socket that is open delivered something first; 0 if it has not
	#probes = 0;
	#probeAt = 0;

	/**
	 * heard records that a socket delivered something.
	 * @param {number} now
	 */
	heard(now) {
		this.polling = false;
		this.#heardAt ||= now;
		if (now - this.#heardAt >= stable) this.#reset();
	}

	/**
	 * closed records that a socket ended, and reports whether it failed: if the
	 * server answers other requests, that is to be recorded with failed.
	 * @param {number} now
	 * @param {number} code
	 */
	closed(now, code) {
		const worked = this.#heardAt > 0 && now - this.#heardAt >= stable || !noCloseFrame.includes(code);
		this.#heardAt = 0;
		if (worked) this.#reset();
		return !worked;
	}

	/**
	 * failed records that a socket failed although the server answers.
	 * @param {number} now
	 */
	failed(now) {
		if (++this.#failures < maxTries || this.polling) return;
		this.polling = true;
		this.probing(now);
	}

	/**
	 * mayConnect reports whether a socket may be tried.
	 * @param {number} now
	 */
	mayConnect(now) {
		return !this.polling || now >= this.#probeAt;
	}

	/**
	 * probing records that a socket is tried while the page polls. The next try
	 * comes later each time.
	 * @param {number} now
	 */
	probing(now) {
		this.#probeAt = now + Math.min(maxProbe, firstProbe * 2 ** this.#probes++);
	}

	/** recovered records that the server answers after it did not: it, or what is in front of it, may be new. */
	recovered() {
		this.#probes = 0;
		this.#probeAt = 0;
	}

	#reset() {
		this.#failures = this.#probes = 0;
	}
}
