import { CHAIN, iptablesText, type Masquerade, nameOf, nftText, TABLE } from "../../domain/masquerade.ts";
import { NetworkError } from "../../errors.ts";
import { type CommandResult, runCommand } from "../command.ts";

const LIMIT_MS = 10_000;
const BOTH = [32, 128] as const;

/** Sees to it that what pods send out of the cluster leaves with the node's address: by nftables where there is nft, else by iptables. Throws NetworkError. */
export async function bringMasquerade(rules: readonly Masquerade[]): Promise<void> {
	// Other programs have that name, too.
	const hasNft = /^nftables /.test((await runCommand("nft", ["--version"], LIMIT_MS)).stdout);
	for (const bits of BOTH) {
		const rule = rules.find((one) => one.bits === bits);
		await (hasNft ? byNft(bits, rule) : byIptables(bits, rule));
	}
}

async function byNft(bits: 32 | 128, rule: Masquerade | undefined): Promise<void> {
	const family = bits === 32 ? "ip" : "ip6";
	const place = rule ? ["list", "chain", family, TABLE, `m_${nameOf(rule)}`] : ["list", "table", family, TABLE];
	const there = await runCommand("nft", place, LIMIT_MS);
	const isRight = rule ? there.code === 0 && there.stdout.includes("masquerade") : there.code !== 0;
	if (isRight) return;
	const input = nftText(bits, rule);
	must(await runCommand("nft", ["-f", "-"], LIMIT_MS, { input }), "nft");
}

async function byIptables(bits: 32 | 128, rule: Masquerade | undefined): Promise<void> {
	const program = bits === 32 ? "iptables" : "ip6tables";
	const nat = (...args: string[]) => runCommand(program, ["-w", "5", "-t", "nat", ...args], LIMIT_MS);
	const listed = await nat("-S");
	// Without the program there is nothing that would have to go.
	if (listed.code !== 0 && !rule) return;
	must(listed, program);
	const chain = rule && `${CHAIN}${nameOf(rule)}`;
	const lines = listed.stdout.split("\n");
	const chains = lines.flatMap((line) => /^-N (\S+)$/.exec(line)?.[1] ?? []).filter((name) => name.startsWith(CHAIN));
	if (rule && chain) {
		const isWhole = lines.filter((line) => line.startsWith(`-A ${chain} `)).length === 4;
		if (!isWhole) {
			const restore = [`-w`, "5", "--noflush"];
			must(await runCommand(`${program}-restore`, restore, LIMIT_MS, { input: iptablesText(rule) }), program);
		}
		if (!lines.includes(`-A POSTROUTING -j ${chain}`)) must(await nat("-A", "POSTROUTING", "-j", chain), program);
	}
	for (const old of chains.filter((name) => name !== chain)) {
		await nat("-D", "POSTROUTING", "-j", old);
		await nat("-F", old);
		must(await nat("-X", old), program);
	}
}

function must({ code, stderr }: CommandResult, program: string): void {
	if (code === 0) return;
	throw new NetworkError(`${program}: ${stderr.replaceAll(/\s+/g, " ").slice(0, 400) || `exit code ${code}`}`);
}
