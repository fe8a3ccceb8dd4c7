// @ts-check
// The sound of a ringing call: two soft strokes of two bells, made here.

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

/**
 * ring plays once, at so many percent. Browsers let no page sound before it was
 * clicked on: a ring that had to wait for that is not made up for.
 * @param {number} percent
 */
export async function ring(percent) {
	if (!window.AudioContext || !percent) return;
	const context = audio ??= new AudioContext();
	const asked = Date.now();
	if (context.state !== "running") await context.resume();
	if (Date.now() - asked > 500) return;
	for (const [frequency, after] of /** @type {[number, number][]} */ ([[659.26, 0], [830.61, .22], [659.26, .7], [830.61, .92]])) {
		strike(context, frequency, context.currentTime + .02 + after, .35 * (percent / 100) ** 2);
	}
}
