/** What assembly/abi/ calls its constants: a type of AssemblyScript's, a number here. */
type u32 = number;
