import { StorageType, type StreamConfig, type StreamInfo } from "@nats-io/jetstream";
import { sameJson } from "@rollcall/protocol";

/** What would have a stream take in, move, say again or refuse what nobody appended, or keep silent of what it stored. The client keeps a setting that is left out, and ends one that is undefined. */
const NOT_SET: object = {
	no_ack: undefined,
	discard_new_per_subject: undefined,
	subject_transform: undefined,
	sources: undefined,
	republish: undefined,
};

/** A stream's settings with those that are the coordinator's. */
export function withOwn(config: StreamConfig, own: Partial<StreamConfig>): StreamConfig {
	return { ...config, ...own, ...NOT_SET };
}

/** True for a stream of which somebody changed those with another client. */
export function isChanged({ config }: Pick<StreamInfo, "config">, own: Partial<StreamConfig>): boolean {
	return !sameJson(withOwn(config, own), config);
}

/** Why a stream is no place for what must not be lost, and nobody can make it one; undefined where it is. */
export function unfit({ config }: Pick<StreamInfo, "config">): string | undefined {
	const { storage, mirror } = config;
	if (storage !== StorageType.File) return "keeps its entries in memory, where the next start of its server ends them";
	if (mirror) return "is a mirror of another stream, and takes nothing from anybody else";
	// Servers from 2.12 on know it, the client's type does not name it.
	const { persist_mode: mode }: { persist_mode?: string } = config as object;
	if (mode === "async") return "says that it stored what is not on its disk yet";
	return undefined;
}
