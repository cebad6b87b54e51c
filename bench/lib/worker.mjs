// node worker.mjs WORKLOAD SETTINGS FOLDER: one measurement in this process, as a line of JSON.
const [name, settings, folder] = process.argv.slice(2);
const { measure } = await import(`../workloads/${name}.mjs`);
console.log(JSON.stringify(await measure(JSON.parse(settings), folder)));
