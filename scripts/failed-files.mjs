import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

/**
 * Prints the files of the tests that failed, one per line, from what AVA wrote to the file that is given. AVA names a test by the parts of its file's
 * path and its title, as in `✘ [fail]: packages › cli › test › texts › its title`. Prints nothing where a file cannot be found, or where AVA tells of
 * more than failed tests (an uncaught exception, a file that ended early): then running again would say too little.
 */
const log = stripVTControlCharacters(readFileSync(process.argv[2], "utf8"));
const titles = [...log.matchAll(/^\s*✘ \[fail\]: (.+)$/gm)].map(([, title]) => title);
const files = titles.map(fileOf);
const failed = /^\s*(\d+) tests? failed$/m.exec(log)?.[1];
const other = /^\s*(?:✘ (?!\[fail\])|Uncaught exception in|Unhandled rejection in)/m.test(log);
if (!other && Number(failed) === titles.length && files.every((file) => file))
	for (const file of new Set(files)) console.log(file);

function fileOf(title) {
	const parts = title.split(" › ");
	return parts.map((_, count) => `${join(...parts.slice(0, count + 1))}.test.ts`).find((file) => existsSync(file));
}
