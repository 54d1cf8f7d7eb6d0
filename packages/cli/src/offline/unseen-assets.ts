/** Assets of a coordinator that is not asked: each name counts as one that it has. `warnings`: which were named. */
export function unseenAssets() {
	const names = new Set<string>();
	const get = (name: string) => {
		names.add(name);
		return { sha256: "0".repeat(64), sizeBytes: 1 };
	};
	return {
		assets: { files: { get }, base: "http://boot-listener.invalid" },
		warnings: (): string[] =>
			names.size === 0
				? []
				: [
						`whether the coordinator has these assets is not looked at, nor do they count in RAM: ${[...names].join(", ")}; \`rollcall plan -f FILE\` asks it`,
					],
	};
}
