/* SPDX-License-Identifier: MIT */
/*
 * replay - runs a fuzz target over files, without a fuzzer: replay <file or folder>...
 *
 * What a fuzzer once found, and every vector of the test suites, is checked again on each
 * change by the compiler at hand.  When the target breaks, the input's name is the last word.
 */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char current[4096];

static void name_the_input(int sig)
{
	static const char words[] = "replay: broken by ";
	(void)!write(STDERR_FILENO, words, sizeof words - 1);
	(void)!write(STDERR_FILENO, current, strlen(current));
	(void)!write(STDERR_FILENO, "\n", 1);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* The input is an allocation of exactly its own size, so that reading past it is seen. */
static int replay_bytes(FILE *file)
{
	if (fseek(file, 0, SEEK_END) != 0)
		return -1;
	long size = ftell(file);
	rewind(file);
	if (size < 0)
		return -1;
	uint8_t *data = malloc(size ? (size_t)size : 1);
	if (!data)
		return -1;
	size_t got = fread(data, 1, (size_t)size, file);
	if (got == (size_t)size)
		LLVMFuzzerTestOneInput(data, got);
	free(data);
	return got == (size_t)size ? 1 : -1;
}

/* 1: the one file was run; -1: it cannot be read. */
static int replay_file(const char *path)
{
	snprintf(current, sizeof current, "%s", path);
	FILE *file = fopen(path, "rb");
	if (!file)
		return -1;
	int ran = replay_bytes(file);
	fclose(file);
	return ran;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* How many files were run, in the order of their names; -1: one cannot be read. */
static int replay_folder(const char *path)
{
	struct dirent **entry;
	int n = scandir(path, &entry, not_hidden, alphasort);
	if (n < 0)
		return replay_file(path);
	int ran = 0;
	for (int i = 0; i < n; i++) {
		char file[4096];
		snprintf(file, sizeof file, "%s/%s", path, entry[i]->d_name);
		if (ran >= 0)
			ran = replay_file(file) < 0 ? -1 : ran + 1;
		free(entry[i]);
	}
	free(entry);
	return ran;
}

int main(int argc, char **argv)
{
	int total = 0;
	signal(SIGABRT, name_the_input);
	signal(SIGSEGV, name_the_input);
	for (int i = 1; i < argc; i++) {
		int ran = replay_folder(argv[i]);
		if (ran < 0) {
			fprintf(stderr, "replay: cannot read %s\n", current);
			return EXIT_FAILURE;
		}
		total += ran;
	}
	printf("%s: %d passed, 0 failed\n", argv[0], total);
	return total ? EXIT_SUCCESS : EXIT_FAILURE;
}
