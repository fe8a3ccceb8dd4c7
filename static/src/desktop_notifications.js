// @ts-check
// Notifications on the desktop, and on telephones, where only a service worker may
// show them.

/**
 * @typedef {object} Shown a notification that may be on its way
 * @property {() => void} close
 */

/**
 * showNotification shows a notification. Where the constructor throws, the service
 * worker shows it, which gets options.data when it is clicked.
 * @param {string} title
 * @param {NotificationOptions & {tag: string}} options
 * @param {() => void} clicked
 * @param {() => Promise<ServiceWorkerRegistration>} worker
 * @returns {Shown}
 */
export function showNotification(title, options, clicked, worker) {
	try {
		const n = new Notification(title, options);
		n.onclick = () => { n.close(); clicked(); };
		return n;
	} catch {
		return showByWorker(title, options, worker);
	}
}

/**
 * @param {string} title
 * @param {NotificationOptions & {tag: string}} options
 * @param {() => Promise<ServiceWorkerRegistration>} worker
 * @returns {Shown}
 */
function showByWorker(title, options, worker) {
	let closed = false;
	/** @type {Notification[]} */
	let shown = [];
	const close = () => { closed = true; for (const n of shown) n.close(); };
	(async () => {
		const registration = await worker();
		if (closed) return;
		await registration.showNotification(title, options);
		shown = await registration.getNotifications({tag: options.tag});
		if (closed) close();
	})().catch(() => null); // this browser shows none at all; title and sound remain
	return {close};
}

/**
 * activeWorker registers the script of the service worker, and waits until it can
 * show notifications. Its scope is the folder of the script: it serves no page.
 * @param {string} script
 * @returns {Promise<ServiceWorkerRegistration>}
 */
export async function activeWorker(script) {
	const registration = await navigator.serviceWorker.register(script);
	const worker = registration.active ?? registration.waiting ?? registration.installing;
	while (worker?.state !== "activated") {
		if (!worker || worker.state === "redundant") throw new Error(script);
		await new Promise(changed => worker.addEventListener("statechange", changed, {once: true}));
	}
	return registration;
}

/**
 * @typedef {object} WorkerClient a page of ours, as the service worker sees it
 * @property {string} url
 * @property {() => Promise<unknown>} focus
 * @property {(message: unknown) => void} postMessage
 *
 * @typedef {object} WorkerClients
 * @property {(options: {type: "window", includeUncontrolled: true}) => Promise<WorkerClient[]>} matchAll
 * @property {(address: string) => Promise<unknown>} openWindow
 */

/**
 * openBoard brings an open board to the front and tells it which row was clicked;
 * without one it opens a board.
 * @param {WorkerClients} clients
 * @param {unknown} row
 */
export async function openBoard(clients, row) {
	const pages = await clients.matchAll({type: "window", includeUncontrolled: true});
	const board = pages.find(page => new URL(page.url).pathname === "/");
	if (!board) return clients.openWindow("/");
	await board.focus();
	board.postMessage({row});
}
