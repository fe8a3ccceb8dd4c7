// @ts-check
// A socket that receives the messages of a feed, and connects again whenever it is
// lost: soon at first, and not at the same time as everybody else.

const firstWait = 500; // ms
const maxWait = 4000; // of several nodes, another one has the board 8 s after its node was killed

/** A FeedSocket is one connection that is kept up. */
export class FeedSocket {
	heardAt = Date.now(); // when something was received last, or it was started
	#address;
	#handlers;
	#wait = firstWait;
	/** @type {WebSocket | null} */
	#socket = null;
	/** @type {ReturnType<typeof setTimeout> | undefined} */
	#timer;

	/**
	 * @param {() => string} address as it is at the moment
	 * @param {object} handlers
	 * @param {(message: FeedMessage) => void} handlers.message
	 * @param {(code: number) => number | void} handlers.close may return after how many ms to connect again, Infinity for never
	 * @param {() => boolean} [handlers.mayConnect] whether to connect again by itself
	 */
	constructor(address, handlers) {
		this.#address = address;
		this.#handlers = handlers;
	}

	/** connect begins a new connection in place of the present one. */
	connect() {
		this.stop();
		this.heardAt = Date.now();
		const socket = this.#socket = new WebSocket(new URL(this.#address(), location.href.replace(/^http/, "ws")));
		socket.onmessage = e => {
			this.heardAt = Date.now();
			this.#wait = firstWait;
			this.#handlers.message(JSON.parse(e.data));
		};
		socket.onclose = e => {
			if (socket !== this.#socket) return;
			this.#socket = null;
			this.#retry(this.#handlers.close(e.code) ?? this.#nextWait());
		};
	}

	/** stop ends the connection, and does not begin another one. */
	stop() {
		clearTimeout(this.#timer);
		const socket = this.#socket;
		this.#socket = null;
		socket?.close();
	}

	#nextWait() {
		const wait = this.#wait * (.4 + 1.2 * Math.random());
		this.#wait = Math.min(this.#wait * 1.6, maxWait);
		return wait;
	}

	/** @param {number} wait */
	#retry(wait) {
		clearTimeout(this.#timer);
		if (wait === Infinity) return;
		this.#timer = setTimeout(() => {
			if (this.#handlers.mayConnect?.() === false) this.#retry(this.#nextWait());
			else this.connect();
		}, wait);
	}
}
