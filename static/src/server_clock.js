// @ts-check
// The server's clock. It counts, not the browser's, which may be wrong.

const root = document.documentElement;

let offset = Number(root.dataset.now || Date.now()) - Date.now();

/** serverNow returns the server's time in ms since 1970. */
export const serverNow = () => Date.now() + offset;

/**
 * syncClock sets the clock by the time that came with a frame of the feed.
 * @param {number} sent ms since 1970; 0 if none came
 */
export function syncClock(sent) {
	if (!sent || sent === Number(root.dataset.now)) return;
	root.dataset.now = String(sent);
	offset = sent - Date.now();
}
