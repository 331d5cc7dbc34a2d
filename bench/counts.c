// bench/counts.c: counts what a server asks of malloc, and the bytes that it copies. bench/profile preloads it
// (LD_PRELOAD); the file that WEFT_COUNTS names holds two numbers of eight bytes, allocations and copied bytes.
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct counts {
    _Atomic uint64_t allocations, copied;
};

typedef void *copier(void *to, const void *from, size_t size);

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): glibc's names
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

static struct counts before_main;
static struct counts *counts = &before_main;
static copier *real_memcpy, *real_memmove;

__attribute__((constructor)) static void open_counts(void)
{
    const char *path = getenv("WEFT_COUNTS");
    int fd = path ? open(path, O_RDWR) : -1;
    *(void **)&real_memcpy = dlsym(RTLD_NEXT, "memcpy");
    *(void **)&real_memmove = dlsym(RTLD_NEXT, "memmove");
    if (fd < 0) return;
    void *memory = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory != MAP_FAILED) counts = memory;
}

static void one_more(void)
{
    atomic_fetch_add_explicit(&counts->allocations, 1, memory_order_relaxed);
}

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
void *malloc(size_t size)
{
    one_more();
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    one_more();
    return __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
    one_more();
    return __libc_realloc(old, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    one_more();
    *out = __libc_memalign(alignment, size);
    return *out ? 0 : 12; // ENOMEM
}

void *aligned_alloc(size_t alignment, size_t size)
{
    one_more();
    return __libc_memalign(alignment, size);
}

// Before the constructor has run there is none to ask: the linker itself copies by its own.
static void *copy_slowly(void *to, const void *from, size_t size)
{
    volatile uint8_t *out = to;
    for (size_t i = 0; i < size; i++)
        out[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    atomic_fetch_add_explicit(&counts->copied, size, memory_order_relaxed);
    return real_memcpy ? real_memcpy(to, from, size) : copy_slowly(to, from, size);
}

void *memmove(void *to, const void *from, size_t size)
{
    atomic_fetch_add_explicit(&counts->copied, size, memory_order_relaxed);
    return real_memmove ? real_memmove(to, from, size) : copy_slowly(to, from, size);
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
