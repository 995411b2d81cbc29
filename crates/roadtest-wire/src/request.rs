// SPDX-License-Identifier: GPL-2.0-only OR MIT
//! What the host asks of the guest. Not here: what the answers mean.

use serde::{Deserialize, Serialize};

/// An open file of the agent. The number is one of the agent's own, not the
/// kernel's, and no two files of one guest have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Handle(pub u32);

/// What the host asks of the guest. Paths are the guest's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// open(2), with `O_CLOEXEC`. Answered with
    /// [`Answer::Opened`](crate::Answer::Opened).
    Open {
        /// The file.
        path: String,
        /// `O_*`, as x86-64 numbers them.
        flags: i32,
        /// Permissions of a file that is created.
        mode: u32,
    },
    /// close(2). Answered with [`Answer::Done`](crate::Answer::Done).
    Close {
        /// The file.
        file: Handle,
    },
    /// read(2), or pread(2) where an offset is given. Answered with
    /// [`Answer::Bytes`](crate::Answer::Bytes).
    Read {
        /// The file.
        file: Handle,
        /// Read at most this many bytes, no more than 1 MiB.
        len: u32,
        /// Where; the file's own position if `None`.
        offset: Option<u64>,
    },
    /// write(2), or pwrite(2) where an offset is given. Answered with
    /// [`Answer::Count`](crate::Answer::Count), the number of bytes written.
    Write {
        /// The file.
        file: Handle,
        /// What to write, in one system call.
        data: Vec<u8>,
        /// Where; the file's own position if `None`.
        offset: Option<u64>,
    },
    /// Open, read to the end, close. Answered with
    /// [`Answer::Bytes`](crate::Answer::Bytes), 1 MiB at most.
    ReadFile {
        /// The file.
        path: String,
    },
    /// Open for writing, write in one system call, close. Answered with
    /// [`Answer::Count`](crate::Answer::Count), the number of bytes written.
    WriteFile {
        /// The file, which must exist.
        path: String,
        /// What to write.
        data: Vec<u8>,
    },
    /// ioctl(2). Answered with [`Answer::Ioctl`](crate::Answer::Ioctl).
    Ioctl {
        /// The file.
        file: Handle,
        /// The request number. The kernel looks at 32 bits; the agent refuses
        /// a larger one.
        request: u64,
        /// The argument.
        argument: IoctlArgument,
        /// Where in the buffers a successful ioctl leaves the number of a file
        /// file descriptor that it has created. The agent owns it from then
        /// on.
        opens: Option<Place>,
    },
    /// poll(2) on one file. Answered with
    /// [`Answer::Events`](crate::Answer::Events).
    Poll {
        /// The file.
        file: Handle,
        /// `POLL*`.
        events: u16,
        /// The time limit in nanoseconds of virtual time; none if `None`.
        timeout_ns: Option<u64>,
    },
    /// The names in a directory, sorted. Answered with
    /// [`Answer::Names`](crate::Answer::Names).
    ReadDir {
        /// The directory.
        path: String,
    },
    /// The path with every symbolic link resolved. Answered with
    /// [`Answer::Bytes`](crate::Answer::Bytes).
    RealPath {
        /// The path.
        path: String,
    },
    /// finit_module(2). Answered with [`Answer::Done`](crate::Answer::Done).
    LoadModule {
        /// The module's file.
        path: String,
        /// `name=value`, separated by blanks.
        parameters: String,
    },
    /// delete_module(2) with `O_NONBLOCK`. Answered with
    /// [`Answer::Done`](crate::Answer::Done).
    UnloadModule {
        /// The module's name, with `_`.
        name: String,
    },
    /// mount(2). The mount point is created where it does not exist and its
    /// parent is writable. Answered with [`Answer::Done`](crate::Answer::Done).
    Mount {
        /// What to mount.
        source: String,
        /// Where.
        target: String,
        /// The file system's type.
        kind: String,
        /// `MS_*`.
        flags: u32,
        /// The file system's own options.
        options: String,
    },
    /// mkdir(2) with mode 0755. Answered with
    /// [`Answer::Done`](crate::Answer::Done).
    MakeDir {
        /// The directory.
        path: String,
    },
    /// rmdir(2). Answered with [`Answer::Done`](crate::Answer::Done).
    RemoveDir {
        /// The directory.
        path: String,
    },
    /// Runs a program in a session of its own until it ends, and collects its
    /// output. Processes that it leaves in its process group are killed.
    /// Answered with [`Answer::Ended`](crate::Answer::Ended), or with the errno
    /// that starting it failed with.
    Run {
        /// The program.
        program: Program,
        /// What it reads from its standard input.
        stdin: Vec<u8>,
        /// Kill it after this many nanoseconds of virtual time.
        limit_ns: Option<u64>,
    },
    /// Starts a program on the terminal `/dev/hvc0`, as the leader of a session
    /// of its own. Answered with [`Answer::Done`](crate::Answer::Done) when it
    /// has started; [`Event::Ended`](crate::Event::Ended) follows.
    RunOnTerminal {
        /// The program.
        program: Program,
        /// The terminal's size.
        size: TerminalSize,
    },
}

/// A program to be executed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its root directory; relative paths below start there.
    pub root: String,
    /// Its working directory, below the root.
    pub directory: String,
    /// Its file; without a `/` it is searched for in `PATH`.
    pub program: String,
    /// Its arguments, without the program's name.
    pub arguments: Vec<String>,
    /// All its environment.
    pub environment: Vec<(String, String)>,
}

/// The size of a terminal, in character cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TerminalSize {
    /// Rows.
    pub rows: u16,
    /// Columns.
    pub columns: u16,
}

/// The third argument of ioctl(2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IoctlArgument {
    /// A number. The agent refuses one that is an address of its own memory.
    Number(u64),
    /// A pointer to the first of these buffers; other pointers lead from one
    /// to the next. The bytes must hold no other address.
    Buffers {
        /// The memory, which the kernel may change.
        buffers: Vec<Vec<u8>>,
        /// The pointers inside it.
        pointers: Vec<Pointer>,
    },
}

/// A 64-bit pointer inside the buffers of an ioctl.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// The buffer that holds the pointer.
    pub buffer: u32,
    /// At which byte of it.
    pub offset: u32,
    /// The buffer that it points to.
    pub target: u32,
}

/// Where the buffers of an ioctl hold a 32-bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The buffer.
    pub buffer: u32,
    /// At which byte of it.
    pub offset: u32,
}
