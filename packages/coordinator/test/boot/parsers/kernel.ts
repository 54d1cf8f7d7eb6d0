/** Cuts a kernel command line as Linux does (`next_arg` in `lib/cmdline.c`): blanks separate, double quotes keep them. */
export function parseKernelCommandLine(line: string): { name: string; value?: string }[] {
	const result: { name: string; value?: string }[] = [];
	let rest = line.trimStart();
	while (rest !== "") {
		let quoted = false;
		if (rest.startsWith('"')) {
			rest = rest.slice(1);
			quoted = true;
		}
		const started = quoted;
		let equals = 0;
		let index = 0;
		for (; index < rest.length; index++) {
			const character = rest[index] as string;
			if (/\s/.test(character) && !quoted) break;
			if (equals === 0 && character === "=") equals = index;
			if (character === '"') quoted = !quoted;
		}
		let arg = rest.slice(0, index);
		rest = rest.slice(index).trimStart();
		if (equals === 0) {
			result.push({ name: started && arg.endsWith('"') ? arg.slice(0, -1) : arg });
			continue;
		}
		let value = arg.slice(equals + 1);
		if (value.startsWith('"')) {
			value = value.slice(1);
			if (value.endsWith('"')) value = value.slice(0, -1);
		} else if (started && value.endsWith('"')) value = value.slice(0, -1);
		arg = arg.slice(0, equals);
		result.push({ name: arg, value });
	}
	return result;
}
