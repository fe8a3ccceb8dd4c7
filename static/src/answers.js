// @ts-check
// Answers that are not Callboard's own: of a proxy in front of it, or none. No DOM.

/** answerHeader marks every answer of Callboard: "ok", or the code of a fault. */
export const answerHeader = "Callboard-Answer";

/**
 * @typedef {object} Outcome what became of a request that Callboard did not answer
 * @property {string} method
 * @property {boolean} sent false if there was no network when it began
 * @property {number} [status] of the answer of another server; none came without it
 */

/**
 * outcomeText returns the key of the text, and what it says for {n}. Whatever a
 * proxy answers to a request that only reads, nothing was done. Any other one is
 * done or not, and not known, unless the proxy refused it before passing it on.
 * @param {Outcome} outcome
 * @returns {[key: string, n: string]}
 */
export function outcomeText({method, sent, status}) {
	if (!sent) return ["unsent", ""];
	if (status === 413) return ["tooLargeInFront", ""];
	if (method === "GET" || method === "HEAD") return ["notReached", ""];
	if (status && status >= 400 && status < 500 && status !== 408 && status !== 499) return ["refusedInFront", String(status)];
	return ["unreachable", ""];
}

/**
 * isExpired reports whether an answer says that the session is over. A proxy may
 * answer 401 for reasons of its own, and Callboard for sipgate.
 * @param {{status: number, headers: {get(name: string): string | null}}} answer
 */
export function isExpired({status, headers}) {
	return status === 401 && headers.get(answerHeader) === "unauthenticated";
}

/**
 * needsSignIn reports whether an answer says that sipgate no longer accepts the
 * member's sign-in.
 * @param {{status: number, headers: {get(name: string): string | null}}} answer
 */
export function needsSignIn({status, headers}) {
	return status === 401 && headers.get(answerHeader) === "sign_in_again";
}
