// @ts-check
// The sounds of calls, made here: two soft strokes of two bells where one rings, a
// single falling one where one waits on hold.

/** @type {AudioContext | null} */
let audio = null;

/**
 * strike plays one bell: a tone and its fainter overtone that die away.
 * @param {AudioContext} context
 * @param {number} frequency
 * @param {number} at
 * @param {number} volume
 */
function strike(context, frequency, at, volume) {
	for (const [times, share] of /** @type {[number, number][]} */ ([[1, 1], [2.76, .2]])) {
		const tone = context.createOscillator(), level = context.createGain();
		tone.frequency.value = frequency * times;
		level.gain.setValueAtTime(0, at);
		level.gain.linearRampToValueAtTime(volume * share, at + .015);
		level.gain.exponentialRampToValueAtTime(.0001, at + .9);
		tone.connect(level).connect(context.destination);
		tone.start(at);
		tone.stop(at + 1);
	}
}

/** @typedef {[number, number][]} Strokes frequencies, and when they are struck in s */

/** @type {Strokes} */
const ringing = [[659.26, 0], [830.61, .22], [659.26, .7], [830.61, .92]];

/** @type {Strokes} */
const reminder = [[587.33, 0], [440, .3]];

/**
 * play plays strokes at so many percent. Browsers let no page sound before it was
 * clicked on: what had to wait for that is not made up for.
 * @param {Strokes} strokes
 * @param {number} percent
 */
async function play(strokes, percent) {
	if (!window.AudioContext || !percent) return;
	const context = audio ??= new AudioContext();
	const asked = Date.now();
	if (context.state !== "running") await context.resume();
	if (Date.now() - asked > 500) return;
	for (const [frequency, after] of strokes) strike(context, frequency, context.currentTime + .02 + after, .35 * (percent / 100) ** 2);
}

/** ring plays the sound of a ringing call once, at so many percent. */
export const ring = (/** @type {number} */ percent) => play(ringing, percent);

/** remind plays the sound of a call that waits, at so many percent. */
export const remind = (/** @type {number} */ percent) => play(reminder, percent);
