// @ts-check
// Which files the server reads itself, and what they are called. No DOM.

/** maxDecoded is how many bytes a file may have that the browser is asked to decode. */
export const maxDecoded = 256 << 20;

/**
 * serverReads reports whether a file is sent as it is. The browser makes a WAV
 * file of all others.
 * @param {{name: string, size: number}} file
 * @param {{endings: string[], bytes: number}} limits endings in lower case, each with its dot
 */
export function serverReads({name, size}, {endings, bytes}) {
	return size <= bytes && endings.some(ending => name.toLowerCase().endsWith(ending));
}

/**
 * wavName returns the name of the WAV file that is made of a file.
 * @param {string} name
 */
export const wavName = name => name.replace(/\.[^.]*$/, "") + ".wav";

/**
 * recordingName returns the name of the file for a recording that the member
 * called name. A slash would be a folder.
 * @param {string} name
 */
export const recordingName = name => name.replaceAll("/", "-") + ".wav";
