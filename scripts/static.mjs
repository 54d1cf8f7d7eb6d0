// Checks types, style and dead code at the same time: none of them keeps two cores busy. Each says what it found when it ends; one that fails does not end the others.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");
const { scripts } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));

/** Runs a script of package.json with npm's surroundings; gives its exit code. */
function check(name) {
	return new Promise((resolve) => {
		const child = spawn("sh", ["-c", scripts[name]], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
		const output = [];
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
		child.on("close", (code) => {
			process.stdout.write(Buffer.concat(output));
			resolve(code ?? 1);
		});
	});
}

const codes = await Promise.all(["types", "lint", "dead-code"].map(check));
process.exitCode = codes.find((code) => code !== 0) ?? 0;
