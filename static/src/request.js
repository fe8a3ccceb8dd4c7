// @ts-check
// Requests to Callboard whose answers are Callboard's own.

import {answerHeader, isExpired, needsSignIn, outcomeText} from "./answers.js";
import {find, message} from "./dom.js";

/** An Unanswered is thrown if Callboard did not answer. Its message is a sentence. */
export class Unanswered extends Error {
	/** @param {import("./answers.js").Outcome} outcome */
	constructor(outcome) {
		const [key, n] = outcomeText(outcome);
		super(message(key, n));
		this.unknown = key === "unreachable"; // what became of it
	}
}

/** reportExpiredSession dispatches session:expired. */
export function reportExpiredSession() {
	document.dispatchEvent(new Event("session:expired"));
}

/** reportExpiredAccess shows that sipgate no longer accepts the member's sign-in. */
export function reportExpiredAccess() {
	const bar = find("#access");
	if (!bar) return;
	bar.dataset.access = "expired";
	bar.hidden = false;
}

/**
 * checkAnswer reports what an answer says beside its content: that the session or
 * the sign-in at sipgate is over.
 * @param {{status: number, headers: {get(name: string): string | null}}} answer
 */
export function checkAnswer(answer) {
	if (isExpired(answer)) reportExpiredSession();
	if (needsSignIn(answer)) reportExpiredAccess();
}

/**
 * isOurs reports whether Callboard gave an answer.
 * @param {{headers: {get(name: string): string | null}}} answer
 */
export const isOurs = answer => answer.headers.get(answerHeader) !== null;

/**
 * request is fetch for answers of Callboard. It throws Unanswered for those of
 * other servers and for none; an aborted request throws as fetch does.
 * @param {string | URL} address
 * @param {RequestInit} [options]
 */
export async function request(address, options = {}) {
	const outcome = {method: options.method ?? "GET", sent: navigator.onLine};
	let answer;
	try {
		answer = await fetch(address, options);
	} catch (e) {
		if (/** @type {Error} */ (e).name === "AbortError") throw e;
		throw new Unanswered(outcome);
	}
	if (!isOurs(answer)) throw new Unanswered({...outcome, sent: true, status: answer.status});
	checkAnswer(answer);
	return answer;
}
