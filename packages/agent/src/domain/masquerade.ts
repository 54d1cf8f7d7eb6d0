import { sha256Of } from "@rollcall/protocol";
import type { WantedNetwork } from "./pod-network.ts";

export type Masquerade = WantedNetwork["masquerade"][number];

/** The agent's own table of nftables; of iptables, the beginning of its chain's name. */
export const TABLE = "rollcall_pods";
export const CHAIN = "RC-PODS-";
/** Packets to groups keep their sender, as they stay on the link (RFC 5771; RFC 4291, section 2.7). */
const GROUPS = { 32: "224.0.0.0/4", 128: "ff00::/8" } as const;

/** Names a rule by its content, so that the name of a present rule shows whether it is right. */
export function nameOf({ own, pods }: Masquerade): string {
	return sha256Of(`${own} ${pods}`).slice("sha256:".length, "sha256:".length + 8);
}

/** What `nft -f` takes: the table of one IP version anew, at once; empty for none. */
export function nftText(bits: 32 | 128, rule: Masquerade | undefined): string {
	const family = bits === 32 ? "ip" : "ip6";
	// It has to be there to be deleted.
	const anew = `table ${family} ${TABLE} {}\ndelete table ${family} ${TABLE}\n`;
	if (!rule) return anew;
	const to = `${family} daddr != ${rule.pods} ${family} daddr != ${GROUPS[bits]}`;
	return `${anew}table ${family} ${TABLE} {
	chain m_${nameOf(rule)} {
		type nat hook postrouting priority 100; policy accept;
		${family} saddr ${rule.own} ${to} masquerade
	}
}
`;
}

/** What `iptables-restore --noflush` takes: one chain anew, at once. */
export function iptablesText(rule: Masquerade): string {
	const chain = `${CHAIN}${nameOf(rule)}`;
	return [
		"*nat",
		`:${chain} - [0:0]`,
		`-A ${chain} ! -s ${rule.own} -j RETURN`,
		`-A ${chain} -d ${rule.pods} -j RETURN`,
		`-A ${chain} -d ${GROUPS[rule.bits]} -j RETURN`,
		`-A ${chain} -j MASQUERADE`,
		"COMMIT",
		"",
	].join("\n");
}
