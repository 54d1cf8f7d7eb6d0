import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { repository } from "./support/places.ts";

const read = (file: string): string => readFileSync(join(repository, file), "utf8");
const rows = [...read("docs/lessons.md").matchAll(/^\| (\d+) *\|.*\| `([^`]+)`: (.*?) *\|$/gm)];

test("each lesson has a row, and names a test that is there", (t) => {
	t.deepEqual(
		rows.map(([, number]) => Number(number)),
		[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20],
	);
	for (const [, number, file = "", title = ""] of rows)
		t.true(read(file).includes(title), `${number}: ${file}: ${title}`);
});
