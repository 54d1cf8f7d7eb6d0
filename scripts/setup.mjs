// Makes a fresh checkout ready: packages, a current nats-server, the bundled agent. Runs on plain Node 20 without any
// package, before `npm start` and `npm test`. What is done already is skipped; runs at the same time wait for each other.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { unpackNatsServer } from "./nats-server.mjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const cache = path.join(root, ".cache");

/** One line of progress on stderr; the length of what took a while is told at its end. */
function say(text) {
	process.stderr.write(`rollcall: ${text}\n`);
}

/** A step that somebody waits for: says what, that it goes on, then how long it took. */
async function step(what, run) {
	say(`${what} ...`);
	const from = performance.now();
	const seconds = () => (performance.now() - from) / 1000;
	const timer = setInterval(() => say(`${what}: ${seconds().toFixed(0)} s so far`), 5000);
	try {
		await run();
	} finally {
		clearInterval(timer);
	}
	say(`${what}: ${seconds().toFixed(1)} s`);
}

/** Runs a program quietly; its output is shown only when it fails. Rejects with a sentence and that output. */
function run(command, args, env = process.env) {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
		const output = [];
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(chunk));
		child.on("error", reject);
		child.on("close", (code, signal) => {
			if (code === 0) return resolve();
			const tail = Buffer.concat(output).toString().trim().split("\n").slice(-20).join("\n");
			reject(new Error(`${command} ${args.join(" ")} ended with ${signal ?? code}\n${tail}`));
		});
	});
}

function readJson(file) {
	try {
		return JSON.parse(fs.readFileSync(file, "utf8"));
	} catch {
		return undefined;
	}
}

/**
 * True when what npm wrote down about node_modules has everything that package-lock.json asks for. npm removes that file
 * first and writes it last, so an interrupted installation does not count. A workspace counts when the link to it is there.
 */
function packagesAreThere() {
	const wanted = readJson(path.join(root, "package-lock.json"))?.packages;
	const installed = readJson(path.join(root, "node_modules/.package-lock.json"))?.packages;
	if (!wanted || !installed) return false;
	return Object.entries(wanted).every(([place, { version, integrity, link, optional }]) => {
		if (!place.startsWith("node_modules/")) return true;
		if (link) return fs.existsSync(path.join(root, place, "package.json"));
		const found = installed[place];
		return found ? found.version === version && found.integrity === integrity : optional === true;
	});
}

async function installPackages() {
	// The Node of node_modules is replaced under way: npm has to run with the system's.
	const bin = path.join(root, "node_modules", ".bin");
	const PATH = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => folder !== bin);
	const env = { ...process.env, PATH: PATH.join(path.delimiter) };
	const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--include=dev", "--include=optional"];
	await run("npm", args, env);
}

/** npm of the first releases of Node 20 leaves out the link to the Node that it installed; everything after it needs that. */
function linkNode() {
	const link = path.join(root, "node_modules", ".bin", "node");
	const target = path.join("..", `node-${process.platform}-${process.arch}`, "bin", "node");
	if (fs.existsSync(link) || !fs.existsSync(path.join(path.dirname(link), target))) return;
	fs.rmSync(link, { force: true });
	fs.symlinkSync(target, link);
}

/** Runs `work` while no other setup of this checkout does. A lock whose owner is gone is taken over. */
async function alone(work) {
	const lock = path.join(cache, "setup.lock");
	const mine = path.join(cache, `setup.lock.${process.pid}`);
	fs.mkdirSync(cache, { recursive: true });
	fs.writeFileSync(mine, String(process.pid));
	let told = false;
	for (;;) {
		try {
			// A link appears whole, with its content, or not at all.
			fs.linkSync(mine, lock);
			break;
		} catch (error) {
			if (error.code !== "EEXIST") throw error;
		}
		const owner = Number(readText(lock));
		if (owner && !lives(owner)) fs.rmSync(lock, { force: true });
		else {
			if (!told) say(`waiting for the setup that process ${owner} does`);
			told = true;
			await new Promise((resolve) => setTimeout(resolve, 200));
		}
	}
	fs.rmSync(mine);
	try {
		return await work();
	} finally {
		fs.rmSync(lock, { force: true });
	}
}

function readText(file) {
	try {
		return fs.readFileSync(file, "utf8");
	} catch {
		return "";
	}
}

function lives(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === "EPERM";
	}
}

/** Bundles the agent, the rehearsal, the command or the coordinator. Each bundler skips itself when its bundle is newer than what it is made of, else it says its steps. */
function bundle(name) {
	const bundler = path.join(root, "scripts", `bundle-${name}.ts`);
	const node = path.join(root, "node_modules", ".bin", "node");
	return new Promise((resolve, reject) => {
		const child = spawn(node, [bundler, "--quiet"], { cwd: root, stdio: ["ignore", 2, 2] });
		const failed = (why) => reject(new Error(`the ${name} could not be bundled (${why})`));
		child.on("error", (error) => failed(error.message));
		child.on("exit", (code, signal) => (code === 0 ? resolve() : failed(signal ?? `exit code ${code}`)));
	});
}

/** Waits until all have ended, also when one failed: whoever holds the lock has nothing that goes on. */
async function all(works) {
	for (const { reason } of await Promise.allSettled(works)) if (reason) throw reason;
}

async function main() {
	await alone(async () => {
		if (!packagesAreThere()) await step("1 of 5: installing packages (npm ci)", installPackages);
		linkNode();
		// None of them needs another, and the first one waits for the network.
		const server = unpackNatsServer({ cache, step: (what, work) => step(`2 of 5: ${what}`, work), run, say });
		await all([server, ...["agent", "rehearsal", "cli", "coordinator"].map(bundle)]);
	});
}

main().catch((error) => {
	say(error.message);
	process.exitCode = 1;
});
