//! Options on how recordings are read, the same for every command that reads them.

use crate::{
    cli::{Context, Failure},
    pipeline::ReadingSettings,
};

#[derive(Debug, clap::Args)]
pub(super) struct ReadingArguments {
    /// .vox 文件(Dialogic,没有文件头)的采样率,通常是 8000 或 6000;不说就不读 .vox
    #[arg(long, env = "HUITING_VOX", value_name = "赫兹")]
    vox: Option<u32>,
    /// 内置解码器读不了的格式(AMR、WMA 等)交给这个 ffmpeg;off = 不用 [默认: PATH 里的 ffmpeg]
    #[arg(long, env = "HUITING_FFMPEG", value_name = "程序")]
    ffmpeg: Option<String>,
    /// 一条录音最多用自身时长的几倍,另加 2 分钟 [默认: 50]
    #[arg(long, env = "HUITING_TIME_LIMIT", value_name = "倍数")]
    time_limit: Option<u32>,
    /// 解码器这么多秒没有新的声音就放弃这条录音 [默认: 120]
    #[arg(long, env = "HUITING_STALL_LIMIT", value_name = "秒")]
    stall_limit: Option<u32>,
}

impl ReadingArguments {
    /// Options before settings before defaults.
    pub(super) fn settings(&self, context: &Context) -> Result<ReadingSettings, Failure> {
        let set = &context.settings.reading;
        let settings = ReadingSettings {
            vox_rate: self.vox.or(set.vox_rate),
            ffmpeg: self.ffmpeg.clone().or_else(|| set.ffmpeg.clone()),
            time_limit: self.time_limit.unwrap_or(set.time_limit),
            extra_time: set.extra_time,
            stall_limit: self.stall_limit.unwrap_or(set.stall_limit),
        };
        if settings.time_limit == 0 || settings.stall_limit == 0 {
            return Err(Failure(
                context
                    .lang
                    .pick(
                        "--time-limit 和 --stall-limit 至少是 1",
                        "--time-limit and --stall-limit must be at least 1",
                    )
                    .to_owned(),
            ));
        }
        Ok(settings)
    }
}
