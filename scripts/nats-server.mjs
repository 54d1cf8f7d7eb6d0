// Finds a nats-server that is good enough, or unpacks Debian's newest one below .cache: nothing is installed.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

/** Older ones lack sync_interval, without which an acknowledged event can be lost with the power. */
const OLDEST = [2, 10];
/** Older ones have known holes; they work, with a warning. */
const ADVISED = [2, 12];
const WHAT_TO_DO = "set ROLLCALL_NATS_SERVER to the path of a nats-server, version 2.12 or newer";

/** `[2, 15]` of a program, or undefined where it is none or does not run. */
function versionOf(binary) {
	const { stdout } = spawnSync(binary, ["--version"], { encoding: "utf8", timeout: 10_000 });
	const numbers = /v?(\d+)\.(\d+)\./.exec(stdout ?? "");
	return numbers ? [Number(numbers[1]), Number(numbers[2])] : undefined;
}

function atLeast(version, wanted) {
	return version[0] > wanted[0] || (version[0] === wanted[0] && version[1] >= wanted[1]);
}

function onPath() {
	for (const folder of (process.env.PATH ?? "").split(path.delimiter)) {
		const candidate = path.join(folder, "nats-server");
		if (folder && fs.existsSync(candidate)) return candidate;
	}
	return undefined;
}

/** One stanza of a deb822 file, or one line of a .list file, as `{uris, suites, components, signedBy}`. */
function parseStanza(text) {
	const fields = {};
	let last;
	for (const line of text.split("\n")) {
		if (line.startsWith("#")) continue;
		const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
		if (field) {
			last = field[1].toLowerCase();
			fields[last] = field[2].trim();
		} else if (last && /^\s/.test(line)) fields[last] += `\n${line.trim()}`;
	}
	const words = (name) => (fields[name] ?? "").split(/\s+/).filter(Boolean);
	if (!words("types").includes("deb") || fields.enabled === "no") return undefined;
	const signedBy = fields["signed-by"];
	return {
		uris: words("uris"),
		suites: words("suites"),
		components: words("components"),
		// A key that stands in the file itself is left to apt's own trusted keys.
		signedBy: signedBy?.startsWith("/") ? signedBy : undefined,
	};
}

function parseLine(line) {
	const parts = /^deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$/.exec(line.trim());
	if (!parts) return undefined;
	const signedBy = /signed-by=(\S+)/.exec(parts[1] ?? "")?.[1];
	return { uris: [parts[2]], suites: [parts[3]], components: parts[4].split(/\s+/), signedBy };
}

/** The machine's own Debian mirror with the keyring that signs it, as its apt sources name them. */
function debianMirror(etc = "/etc/apt") {
	const read = (file) => (fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "");
	const folder = path.join(etc, "sources.list.d");
	const names = fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [];
	const list = (text) => text.split("\n").map(parseLine);
	const sources = [
		...list(read(path.join(etc, "sources.list"))),
		...names.filter((name) => name.endsWith(".list")).flatMap((name) => list(read(path.join(folder, name)))),
		...names
			.filter((name) => name.endsWith(".sources"))
			.flatMap((name) =>
				read(path.join(folder, name))
					.split(/\n\s*\n/)
					.map(parseStanza),
			),
	];
	// A main archive has suites without a slash, dash or "security": the others (backports, updates) share its URI anyway.
	for (const source of sources) {
		if (!source?.components.includes("main")) continue;
		if (!source.suites.some((suite) => /^[a-z]+$/.test(suite))) continue;
		const uri = source.uris.find((candidate) => /\/debian\/?$/.test(candidate) || candidate.startsWith("mirror+file:"));
		if (uri) return { uri, signedBy: source.signedBy };
	}
	return undefined;
}

/** Options that keep apt away from the machine's own lists, caches and preferences. */
function aptOptions(work) {
	const options = {
		"Dir::Etc::SourceList": path.join(work, "sources.list"),
		"Dir::Etc::SourceParts": "-",
		"Dir::Etc::Preferences": "-",
		"Dir::Etc::PreferencesParts": "-",
		"Dir::State::Lists": path.join(work, "lists"),
		"Dir::Cache": path.join(work, "cache"),
		"APT::Default-Release": "",
		"APT::Sandbox::User": "",
		"Acquire::Languages": "none",
		"Acquire::Retries": "3",
		"APT::Get::List-Cleanup": "0",
	};
	return Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
}

async function unpackFromDebian({ cache, run }, target) {
	const mirror = debianMirror();
	if (!mirror || spawnSync("apt-get", ["--version"]).status !== 0 || spawnSync("dpkg", ["--version"]).status !== 0)
		throw new Error(`no nats-server on PATH, and no Debian mirror to take one from: ${WHAT_TO_DO}`);
	const work = fs.mkdtempSync(path.join(cache, "nats-server.new-"));
	try {
		for (const folder of ["lists/partial", "cache/archives/partial"])
			fs.mkdirSync(path.join(work, folder), { recursive: true });
		const option = mirror.signedBy ? `[signed-by=${mirror.signedBy}] ` : "";
		fs.writeFileSync(path.join(work, "sources.list"), `deb ${option}${mirror.uri} sid main\n`);
		await run("apt-get", [...aptOptions(work), "-q", "update"]);
		// apt-get puts the package into the current folder.
		const download = 'cd "$1" && shift && exec apt-get "$@"';
		await run("sh", ["-c", download, "sh", work, ...aptOptions(work), "-q", "download", "nats-server"]);
		const deb = fs.readdirSync(work).find((name) => name.endsWith(".deb"));
		if (!deb) throw new Error("apt-get download left no package");
		await run("dpkg", ["-x", path.join(work, deb), path.join(work, "tree")]);
		const places = ["tree/usr/sbin/nats-server", "tree/usr/bin/nats-server"].map((place) => path.join(work, place));
		const binary = places.find((place) => fs.existsSync(place));
		if (!binary || !versionOf(binary)) throw new Error("the unpacked nats-server does not run on this machine");
		fs.mkdirSync(path.dirname(target), { recursive: true });
		fs.renameSync(binary, target);
	} catch (error) {
		throw new Error(`no nats-server could be had from Debian's packages: ${WHAT_TO_DO}\n${error.message}`);
	} finally {
		fs.rmSync(work, { recursive: true, force: true });
	}
}

/**
 * Sees to it that `findServer` of the coordinator finds a nats-server: named by ROLLCALL_NATS_SERVER, on PATH, or in
 * `<cache>/nats-server/nats-server`, where Debian's newest package is unpacked when there is none yet.
 */
export async function unpackNatsServer(tools) {
	const { cache, step, say } = tools;
	const named = process.env.ROLLCALL_NATS_SERVER;
	const target = path.join(cache, "nats-server", "nats-server");
	if (!named && fs.existsSync(target) && !onPath()) return;
	const candidate = named || onPath();
	const version = candidate && versionOf(candidate);
	if (named && !version) throw new Error(`ROLLCALL_NATS_SERVER=${named} does not run: ${WHAT_TO_DO}`);
	if (named && !atLeast(version, OLDEST))
		throw new Error(`ROLLCALL_NATS_SERVER=${named} is version ${version.join(".")}: ${WHAT_TO_DO}`);
	if (version && atLeast(version, OLDEST)) {
		if (!atLeast(version, ADVISED))
			say(`${candidate} is version ${version.join(".")} and has known security holes; 2.12 or newer is advised`);
		return;
	}
	if (candidate && !fs.existsSync(target))
		say(`${candidate} is too old (2.10 is the oldest that will do); looking for a newer one`);
	if (fs.existsSync(target)) return;
	await step("unpacking nats-server from Debian's packages", () => unpackFromDebian(tools, target));
}
