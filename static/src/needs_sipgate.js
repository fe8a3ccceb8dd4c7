// @ts-check
// Which actions sipgate carries out. No DOM.

const atSipgate = /^\/calls(\/|$)|^\/history\/[^/]+\/(note|star|archive|read)$|^\/status\/webhooks$|\/play-to-me$/;
const ours = /^\/calls\/[^/]+\/(notes|claim|undo)$/;

/**
 * needsSipgate reports whether an action works only with a valid sign-in at
 * sipgate.
 * @param {string} address of a form or a dialog
 */
export function needsSipgate(address) {
	const path = address.replace(/[?#].*/, "");
	return atSipgate.test(path) && !ours.test(path);
}
