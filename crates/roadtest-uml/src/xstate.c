// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ptrace() for a User Mode Linux up to 6.12 on a processor with more state
 * than it has room for; preloaded into it. See xstate.rs, which builds this.
 *
 * UML writes the registers of a guest's program with PTRACE_SETREGSET and
 * NT_X86_XSTATE from a buffer that ends before the state of AMX, and the host
 * takes a whole set only. The rest is added here, as the initial state: a
 * process gets AMX only on request (arch_prctl, ARCH_REQ_XCOMP_PERM), and
 * UML makes none for its guest.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>

/* The header of a set: which of its components are not in initial state. */
#define XSTATE_BV 512
/* XTILECFG and XTILEDATA, Intel SDM volume 1, section 13.5.14. */
#define AMX (3ULL << 17)

static long (*next)(int, pid_t, void *, void *);
static unsigned int whole;
/* UML traces from one thread. */
static unsigned char set[1 << 16];

__attribute__((constructor)) static void prepare(void)
{
	unsigned int eax, ebx, ecx, edx;

	next = (long (*)(int, pid_t, void *, void *))dlsym(RTLD_NEXT, "ptrace");
	/* EBX: the size of a set with all that the host has turned on. */
	if (__get_cpuid_count(0xd, 0, &eax, &ebx, &ecx, &edx) && ebx <= sizeof(set))
		whole = ebx;
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list arguments;
	pid_t pid;
	void *address, *data;

	va_start(arguments, request);
	pid = va_arg(arguments, pid_t);
	address = va_arg(arguments, void *);
	data = va_arg(arguments, void *);
	va_end(arguments);

	if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE) {
		const struct iovec *part = data;
		struct iovec all = { .iov_base = set, .iov_len = whole };
		unsigned long long used;

		if (part->iov_len >= XSTATE_BV + sizeof(used) &&
		    part->iov_len < whole) {
			memcpy(set, part->iov_base, part->iov_len);
			memset(set + part->iov_len, 0, whole - part->iov_len);
			memcpy(&used, set + XSTATE_BV, sizeof(used));
			used &= ~AMX;
			memcpy(set + XSTATE_BV, &used, sizeof(used));
			return next(request, pid, address, &all);
		}
	}
	return next(request, pid, address, data);
}
